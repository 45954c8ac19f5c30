// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "download.h"

#include <chrono>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <thread>

#include "core/error.h"
#include "core/text.h"
#include "transfer.h"

namespace mpq::models {
namespace {

constexpr int max_failures = 3;  // in a row that brought nothing

bool under_test() {
  const char* value = std::getenv("MPQ_MODELS_TEST_HTTP");
  return value != nullptr && std::string_view(value) == "1";
}

struct UrlFree {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

std::string part_of(CURLU* url, CURLUPart part) {
  char* value = nullptr;
  if (curl_url_get(url, part, &value, 0) != CURLUE_OK) return {};
  const std::unique_ptr<char, decltype(&curl_free)> owner(value, curl_free);
  return value;
}

std::string file_name(const std::string& url) {
  const std::string path = url.substr(0, url.find_first_of("?#"));
  return path.substr(path.rfind('/') + 1);
}

// Longer after each failure that brought nothing.
void pause(int failures) {
  const std::chrono::milliseconds unit(under_test() ? 10 : 1000);
  std::this_thread::sleep_for(unit * (1 << (failures - 1)));
}

}  // namespace

void check_url(const std::string& url) {
  const std::unique_ptr<CURLU, UrlFree> parsed(curl_url());
  if (curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) {
    throw Error(ErrorCode::invalid_argument, text("\"", url, "\" is no URL"), "Give an https address.");
  }
  const std::string scheme = part_of(parsed.get(), CURLUPART_SCHEME),
                    host = part_of(parsed.get(), CURLUPART_HOST);
  if (scheme == "https") return;
  if (scheme == "http" && under_test() && (host == "localhost" || host == "127.0.0.1")) return;
  throw Error(ErrorCode::invalid_argument, text(url, " is not https"),
              "Only https is used: what comes over http may have been changed on its way.");
}

bool download(const DownloadRequest& request) {
  Progress progress(file_name(request.url));
  for (int failures = 0, restarts = 0;;) {
    const std::uint64_t before = size_or_zero(request.partial);
    Transfer transfer(request, progress);
    const Transfer::Result result = transfer.run();
    if (result == Transfer::Result::whole) return transfer.resumed();
    if (result == Transfer::Result::restart && ++restarts < 3) {
      progress.say("The part that was here does not fit the server's file; beginning anew.");
      std::filesystem::remove(request.partial);
      std::filesystem::remove(request.state);
      continue;
    }
    const std::uint64_t now = size_or_zero(request.partial);
    failures = now > before ? 1 : failures + 1;
    if (failures > max_failures || result == Transfer::Result::restart) {
      throw Error(ErrorCode::io, text("cannot download ", request.url, ": ", transfer.reason()),
                  "Try again later: the download goes on where it stopped.");
    }
    progress.say(text("Interrupted: ", transfer.reason(), ". Trying again."));
    pause(failures);
  }
}

}  // namespace mpq::models
