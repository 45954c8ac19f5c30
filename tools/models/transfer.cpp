// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "transfer.h"

#include <strings.h>

#include <algorithm>
#include <cstdlib>

#include "core/error.h"
#include "core/text.h"

namespace mpq::models {
namespace {

namespace fs = std::filesystem;

constexpr int max_redirects = 10;
constexpr long connect_seconds = 30, stalled_seconds = 60;

std::string trimmed(const std::string& word) {
  const auto begin = word.find_first_not_of(" \t\r\n");
  return begin == std::string::npos ? "" : word.substr(begin, word.find_last_not_of(" \t\r\n") - begin + 1);
}

template <class Value>
void set(CURL* curl, CURLoption option, Value value) {
  if (curl_easy_setopt(curl, option, value) != CURLE_OK) {
    throw Error(ErrorCode::internal, text("libcurl refuses option ", static_cast<int>(option)));
  }
}

std::uint64_t number(const std::string& word) {
  return std::strtoull(word.c_str(), nullptr, 10);
}

bool may_pass(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_CONNECT:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_PARTIAL_FILE:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_HTTP3:
      return true;
    default:
      return false;
  }
}

const char* remedy_for(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return "Check the connection to the Internet; behind a proxy, set https_proxy.";
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
      return "The server's certificate is not trusted here: install ca-certificates, or name your own file "
             "of "
             "certificates by CURL_CA_BUNDLE.";
    default:
      return "Check the connection; or get the file by other means and give it to mpq-models import.";
  }
}

}  // namespace

Transfer::Transfer(const DownloadRequest& request, Progress& progress)
    : request_(request), progress_(progress), curl_(curl_easy_init()) {
  if (!curl_) throw Error(ErrorCode::internal, "libcurl cannot be started");
  const PartialState state = read_state(request.state);
  const bool known = !state.version.empty() || request.has_sum;
  if (state.url == request.url && known) offset_ = size_or_zero(request.partial);
  if (offset_ > 0) total_ = state.total;
  prepare();
  if (offset_ > 0) {
    set(curl_.get(), CURLOPT_RANGE, text(offset_, "-").c_str());
    if (!state.version.empty()) {
      extra_headers_.reset(curl_slist_append(nullptr, text("If-Range: ", state.version).c_str()));
      set(curl_.get(), CURLOPT_HTTPHEADER, extra_headers_.get());
    }
  }
}

void Transfer::prepare() {
  CURL* curl = curl_.get();
  set(curl, CURLOPT_ERRORBUFFER, curl_message_);
  set(curl, CURLOPT_USERAGENT, "mpq-models");
  set(curl, CURLOPT_NOSIGNAL, 1L);
  set(curl, CURLOPT_FOLLOWLOCATION, 0L);  // each address is checked before it is asked
  set(curl, CURLOPT_CONNECTTIMEOUT, connect_seconds);
  set(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
  set(curl, CURLOPT_LOW_SPEED_TIME, stalled_seconds);
  if (const char* bundle = std::getenv("CURL_CA_BUNDLE")) set(curl, CURLOPT_CAINFO, bundle);
  set(curl, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
  set(curl, CURLOPT_HEADERDATA, static_cast<void*>(this));
  set(curl, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  set(curl, CURLOPT_WRITEDATA, static_cast<void*>(this));
}

Transfer::Result Transfer::run() {
  if (offset_ > 0 && offset_ == total_) return Result::whole;  // it was whole, but not installed yet
  std::string url = request_.url;
  for (int hop = 0; hop <= max_redirects; ++hop) {
    const CURLcode code = perform(url);
    if (failure_) std::rethrow_exception(failure_);
    const char* next = nullptr;
    curl_easy_getinfo(curl_.get(), CURLINFO_REDIRECT_URL, &next);
    if (code != CURLE_OK || next == nullptr) return result_of(code);
    url = next;
  }
  throw Error(ErrorCode::io,
              text("the server sends us from one address to the next without end: ", request_.url),
              "Try again later.");
}

CURLcode Transfer::perform(const std::string& url) {
  check_url(url);
  headers_ = {};
  set(curl_.get(), CURLOPT_URL, url.c_str());
  return curl_easy_perform(curl_.get());
}

Transfer::Result Transfer::result_of(CURLcode code) {
  if (useless_part_) {
    reason_ = "the server continues another file than the one that was begun";
    return Result::restart;
  }
  if (code != CURLE_OK) {
    reason_ = curl_message_[0] != '\0' ? curl_message_ : curl_easy_strerror(code);
    if (may_pass(code)) return Result::again;
    throw Error(ErrorCode::io, text("cannot download ", request_.url, ": ", reason_), remedy_for(code));
  }
  long status = 0;
  curl_easy_getinfo(curl_.get(), CURLINFO_RESPONSE_CODE, &status);
  return result_of_status(status);
}

Transfer::Result Transfer::result_of_status(long status) {
  if (status == 200 || status == 206) {
    if (!body_begun_ && !begin_body()) return result_of(CURLE_OK);
    progress_.show(written_, total_);
    if (total_ == 0 && !request_.has_sum)
      progress_.say("The server does not tell the size: the file may be cut short.");
    if (total_ == 0 || written_ == total_) return Result::whole;
    reason_ = text("the server sent ", written_, " of ", total_, " bytes");
    return Result::again;
  }
  reason_ = text("the server answers with status ", status);
  if (status == 416 && offset_ > 0) return Result::restart;
  if (status == 408 || status == 429 || status >= 500) return Result::again;
  const bool gone = status == 404 || status == 410;
  throw Error(ErrorCode::io,
              gone ? text("the server has no such file (status ", status, "): ", request_.url)
                   : text("the server refuses (status ", status, "): ", request_.url),
              "The publisher may have moved it or ask for a login: see the home page that mpq-models info "
              "shows, get the "
              "file there, and give it to mpq-models import.");
}

std::string Transfer::version() const {
  const bool strong = headers_.etag.starts_with('"');
  return strong ? headers_.etag : headers_.last_modified;
}

// "bytes 100-999/1000" must begin where our part ends, and be of the version that we have.
bool Transfer::continues_ours(long status) const {
  const std::string& range = headers_.content_range;
  if (status != 206 || !range.starts_with("bytes ")) return false;
  const PartialState state = read_state(request_.state);
  const auto slash = range.find('/');
  const std::uint64_t whole = slash == std::string::npos ? 0 : number(range.substr(slash + 1));
  return number(range.substr(6)) == offset_ && (state.total == 0 || whole == 0 || whole == state.total) &&
         (state.version.empty() || version().empty() || version() == state.version);
}

void Transfer::check_limit(std::uint64_t bytes) const {
  if (bytes <= request_.max_bytes) return;
  throw Error(ErrorCode::limit_exceeded,
              text("the server's file has more than ", size_text(request_.max_bytes)),
              request_.size ? "It is not the file that mpq's list names."
                            : "If that is right, allow it with --max-size.");
}

// Logins and errors of some servers look like a success.
void Transfer::refuse_pages() const {
  const char* type = nullptr;
  curl_easy_getinfo(curl_.get(), CURLINFO_CONTENT_TYPE, &type);
  if (type == nullptr || strncasecmp(type, "text/html", 9) != 0) return;
  throw Error(
      ErrorCode::corrupt_data, text("the server sends a web page instead of the file: ", request_.url),
      "It may ask for a login or a consent: get the file with a browser and give it to mpq-models import.");
}

// False if the part that we have cannot be used: then it is removed.
bool Transfer::begin_body() {
  body_begun_ = true;
  long status = 0;
  curl_easy_getinfo(curl_.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status == 206 && !continues_ours(status)) {
    fs::remove(request_.partial);
    useless_part_ = true;
    return false;
  }
  refuse_pages();
  if (status == 200) offset_ = 0;  // the server does not resume, or the file has changed: all of it comes
  curl_off_t length = -1;
  curl_easy_getinfo(curl_.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  written_ = offset_;
  total_ = length >= 0 ? offset_ + static_cast<std::uint64_t>(length) : request_.size.value_or(0);
  check_limit(total_);
  check_space(request_.partial.parent_path(), total_ - std::min(total_, offset_));
  out_ = open_to_write(request_.partial, offset_ > 0);
  write_state({request_.url, version(), total_}, request_.state);
  return true;
}

void Transfer::take_header(std::string line) {
  if (line.starts_with("HTTP/")) headers_ = {};
  const auto colon = line.find(':');
  if (colon == std::string::npos) return;
  const std::string value = trimmed(line.substr(colon + 1));
  line.resize(colon);
  if (strcasecmp(line.c_str(), "etag") == 0) headers_.etag = value;
  if (strcasecmp(line.c_str(), "last-modified") == 0) headers_.last_modified = value;
  if (strcasecmp(line.c_str(), "content-range") == 0) headers_.content_range = value;
}

void Transfer::take_body(std::span<const std::uint8_t> bytes) {
  written_ += bytes.size();
  check_limit(written_);
  write_all(out_, bytes, request_.partial);
  progress_.show(written_, total_);
}

size_t Transfer::on_header(char* data, size_t size, size_t count, void* self) noexcept {
  auto& transfer = *static_cast<Transfer*>(self);
  try {
    transfer.take_header({data, size * count});
    return size * count;
  } catch (...) {
    transfer.failure_ = std::current_exception();
    return 0;
  }
}

size_t Transfer::on_body(char* data, size_t size, size_t count, void* self) noexcept {
  auto& transfer = *static_cast<Transfer*>(self);
  try {
    long status = 0;
    curl_easy_getinfo(transfer.curl_.get(), CURLINFO_RESPONSE_CODE, &status);
    if (status != 200 && status != 206) return size * count;  // a page for people
    if (!transfer.body_begun_ && !transfer.begin_body()) return 0;
    transfer.take_body({reinterpret_cast<const std::uint8_t*>(data), size * count});
    return size * count;
  } catch (...) {
    transfer.failure_ = std::current_exception();
    return 0;
  }
}

}  // namespace mpq::models
