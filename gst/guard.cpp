// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "gst/guard.h"

#include <new>

#include "core/text.h"
#include "gst/pointer.h"

namespace mpq::gst {
namespace {

struct Classified {
  GQuark domain;
  int code;
};

Classified classify(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument:
      return {GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_SETTINGS};
    case ErrorCode::unsupported:
      return {GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT};
    case ErrorCode::mismatch:
      return {GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION};
    case ErrorCode::corrupt_data:
    case ErrorCode::limit_exceeded:
      return {GST_STREAM_ERROR, GST_STREAM_ERROR_DECODE};
    case ErrorCode::io:
      return {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_WRITE};
    case ErrorCode::internal:
      break;
  }
  return {GST_LIBRARY_ERROR, GST_LIBRARY_ERROR_FAILED};
}

std::string sentences(const std::string& cause, std::string remedy) {
  if (remedy.empty()) return cause + ".";
  remedy[0] = g_ascii_toupper(remedy[0]);
  return cause + ". " + remedy + ".";
}

void post(GstElement* element, GstMessageType type, Classified what, const std::string& message,
          const char* debug) {
  gst_element_message_full(element, type, what.domain, what.code, g_strdup(message.c_str()), g_strdup(debug),
                           __FILE__, "mpq", __LINE__);
}

}  // namespace

void post_error(GstElement* element, const std::exception& error) noexcept try {
  if (const auto* ours = dynamic_cast<const Error*>(&error)) {
    post(element, GST_MESSAGE_ERROR, classify(ours->code()), sentences(ours->what(), ours->remedy()),
         nullptr);
  } else if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) {
    post(element, GST_MESSAGE_ERROR, {GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NO_SPACE_LEFT},
         "Not enough memory. Use a smaller picture or a smaller model.", error.what());
  } else {
    post(element, GST_MESSAGE_ERROR, classify(ErrorCode::internal),
         "An internal error happened: please report it with the pipeline that shows it.", error.what());
  }
} catch (...) {
  GST_ELEMENT_ERROR(element, CORE, FAILED, (nullptr), ("an error could not be described"));
}

void post_warning(GstElement* element, const std::string& cause, const std::string& remedy) noexcept try {
  post(element, GST_MESSAGE_WARNING, {GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED}, sentences(cause, remedy),
       nullptr);
} catch (...) {
  GST_ELEMENT_WARNING(element, CORE, FAILED, (nullptr), ("a warning could not be described"));
}

void post_info(GstElement* element, const std::string& what) noexcept try {
  // gst-launch-1.0 prints nothing but the debug text of these.
  const std::string message = sentences(what, {});
  post(element, GST_MESSAGE_INFO, {GST_STREAM_ERROR, GST_STREAM_ERROR_FORMAT}, message, message.c_str());
} catch (...) {
  GST_ELEMENT_INFO(element, CORE, FAILED, (nullptr), ("an information could not be described"));
}

// Takes half as long as gst_buffer_map() with a reference.
ReadMap::ReadMap(GstBuffer* buffer) : memory_(gst_buffer_get_all_memory(buffer)) {
  if (memory_ != nullptr && !gst_memory_map(memory_.get(), &info_, GST_MAP_READ)) {
    throw Error(ErrorCode::internal, "a buffer's memory cannot be read",
                "Put a download or conversion element for this kind of memory before this element");
  }
}

}  // namespace mpq::gst
