// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// One HTTP request whose answer goes into the partial file: what download() repeats until the file is whole.
#pragma once

#include <curl/curl.h>

#include <exception>
#include <memory>
#include <span>
#include <string>

#include "download.h"
#include "files.h"
#include "partial_state.h"
#include "progress.h"

namespace mpq::models {

class Transfer {
 public:
  enum class Result {
    whole,    ///< the file is complete
    again,    ///< the connection or the server failed in a way that may pass; see reason()
    restart,  ///< the part that was there is of no use and has been removed
  };

  Transfer(const DownloadRequest& request, Progress& progress);

  /// Asks for what is missing. Throws as download().
  Result run();

  const std::string& reason() const noexcept { return reason_; }

  /// Some of the file was there before the first byte came.
  bool resumed() const noexcept { return offset_ > 0; }

 private:
  struct Headers {
    std::string etag, last_modified, content_range;
  };

  void prepare();
  CURLcode perform(const std::string& url);
  Result result_of(CURLcode code);
  Result result_of_status(long status);
  bool begin_body();
  void check_limit(std::uint64_t bytes) const;
  void refuse_pages() const;
  bool continues_ours(long status) const;
  void take_header(std::string line);
  void take_body(std::span<const std::uint8_t> bytes);
  std::string version() const;

  static size_t on_header(char* data, size_t size, size_t count, void* self) noexcept;
  static size_t on_body(char* data, size_t size, size_t count, void* self) noexcept;

  struct CurlFree {
    void operator()(CURL* curl) const { curl_easy_cleanup(curl); }
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };

  const DownloadRequest& request_;
  Progress& progress_;
  std::unique_ptr<CURL, CurlFree> curl_;
  std::unique_ptr<curl_slist, CurlFree> extra_headers_;
  char curl_message_[CURL_ERROR_SIZE] = "";
  Headers headers_;
  FileDescriptor out_;
  std::uint64_t offset_ = 0, written_ = 0, total_ = 0;
  bool body_begun_ = false, useless_part_ = false;
  std::exception_ptr failure_;  ///< of a callback: C code is between it and us
  std::string reason_;
};

}  // namespace mpq::models
