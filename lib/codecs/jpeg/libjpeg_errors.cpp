// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "codecs/jpeg/libjpeg_errors.h"

#include <jerror.h>

#include <algorithm>

#include "core/error.h"

namespace mpq::jpeg {
namespace {

constexpr int limit_code = -1;  // beside libjpeg's own, which are positive

[[noreturn]] void on_error(j_common_ptr info) {
  auto& handler = *static_cast<ErrorHandler*>(info->err);
  handler.error_code = handler.msg_code;
  handler.format_message(info, handler.error);
  std::longjmp(handler.jump, 1);
}

void on_message(j_common_ptr info, int level) {
  auto& handler = *static_cast<ErrorHandler*>(info->err);
  if (level >= 0) return;  // a trace, not a warning
  ++handler.num_warnings;
  const int* end = handler.warning_codes + handler.warning_count;
  const bool known = std::find<const int*>(handler.warning_codes, end, handler.msg_code) != end;
  if (known || handler.warning_count == ErrorHandler::max_warnings) return;
  handler.warning_codes[handler.warning_count] = handler.msg_code;
  handler.format_message(info, handler.warnings[handler.warning_count]);
  ++handler.warning_count;
}

void print_nothing(j_common_ptr) {}

ErrorCode classify(int code) {
  switch (code) {
    case JERR_ARITH_NOTIMPL:
    case JERR_BAD_PRECISION:
    case JERR_CCIR601_NOTIMPL:
    case JERR_COMPONENT_COUNT:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_EMPTY_IMAGE:  // libjpeg: the height comes later, in a DNL marker
    case JERR_FRACT_SAMPLE_NOTIMPL:
    case JERR_IMAGE_TOO_BIG:
    case JERR_NOTIMPL:
    case JERR_SOF_UNSUPPORTED:
    case JERR_WIDTH_OVERFLOW:
      return ErrorCode::unsupported;
    case JERR_OUT_OF_MEMORY:
    case limit_code:
      return ErrorCode::limit_exceeded;
    default:
      return ErrorCode::corrupt_data;
  }
}

}  // namespace

jpeg_error_mgr* install(ErrorHandler& handler) {
  jpeg_std_error(&handler);
  handler.error_exit = on_error;
  handler.emit_message = on_message;
  handler.output_message = print_nothing;
  begin(handler);
  return &handler;
}

void begin(ErrorHandler& handler) {
  handler.num_warnings = 0;
  handler.error_code = 0;
  handler.error[0] = '\0';
  handler.warning_count = 0;
}

void fail_limit(j_common_ptr info, const char* message) {
  auto& handler = *static_cast<ErrorHandler*>(info->err);
  handler.error_code = limit_code;
  std::snprintf(handler.error, sizeof handler.error, "%s", message);
  std::longjmp(handler.jump, 1);
}

void throw_error(const ErrorHandler& handler) {
  const ErrorCode code = classify(handler.error_code);
  const std::string cause = std::string("JPEG: ") + handler.error;
  if (code == ErrorCode::unsupported)
    throw Error(code, cause, "convert the picture to 8-bit baseline or progressive JPEG");
  throw Error(code, cause);
}

std::vector<std::string> collect_warnings(const ErrorHandler& handler) {
  return {handler.warnings, handler.warnings + handler.warning_count};
}

}  // namespace mpq::jpeg
