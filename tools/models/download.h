// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// A file from an https URL, by libcurl; an interrupted download goes on where it stopped.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace mpq::models {

struct DownloadRequest {
  std::string url;
  std::filesystem::path partial;      ///< the file that grows
  std::filesystem::path state;        ///< what is known of it, beside it
  std::optional<std::uint64_t> size;  ///< bytes, if it is known
  std::uint64_t max_bytes = 0;        ///< more than this is refused
  /// A sum is known. Then a file may also be resumed whose server tells no version of it (ETag,
  /// Last-Modified): if the parts do not belong together, the sum tells.
  bool has_sum = false;
};

/// Returns with the whole file in `partial`, and whether a part of it was there before. Resumes only what the
/// server says is the same version; otherwise begins anew. Tries again, with pauses, when the connection or
/// the server fails, as long as that brings anything. Follows redirects to https only. Throws Error(io) with
/// the cause in a newcomer's words, Error(limit_exceeded), Error(invalid_argument) for a URL that is not
/// https. What has come stays in `partial` after an error(io).
bool download(const DownloadRequest& request);

/// Throws Error(invalid_argument) unless the URL is https. For tests: with MPQ_MODELS_TEST_HTTP=1 in the
/// environment, plain http to this machine (localhost, 127.0.0.1) is allowed, too, and the pauses of
/// download() are short.
void check_url(const std::string& url);

}  // namespace mpq::models
