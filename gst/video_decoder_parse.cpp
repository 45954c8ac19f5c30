// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Pictures from a stream of bytes, as a file source gives it.
#include <algorithm>

#include "core/text.h"
#include "gst/video_decoder.h"

namespace mpq::gst {
namespace {

// An unparsed picture is looked for its end in at most this many bytes for each pixel, and metadata.
constexpr std::size_t most_bytes_per_pixel = 4, most_metadata_bytes = 1 << 20;

// All bytes of an adapter in one piece.
class AdapterMap {
 public:
  explicit AdapterMap(GstAdapter* adapter)
      : adapter_(adapter),
        size_(gst_adapter_available(adapter)),
        data_(static_cast<const std::uint8_t*>(gst_adapter_map(adapter, size_))) {}
  ~AdapterMap() { gst_adapter_unmap(adapter_); }
  AdapterMap(const AdapterMap&) = delete;
  AdapterMap& operator=(const AdapterMap&) = delete;

  VideoDecoder::Bytes bytes() const { return {data_, size_}; }

 private:
  GstAdapter* adapter_;
  gsize size_;
  const std::uint8_t* data_;
};

}  // namespace

// A limit to the memory that a picture without an end takes.
void VideoDecoder::check_unfinished(std::size_t size) const {
  if (size < most_metadata_bytes || (size - most_metadata_bytes) / most_bytes_per_pixel <= max_pixels())
    return;
  throw Error(ErrorCode::limit_exceeded, text("it has no end within ", size, " bytes"),
              "Raise the property max-pixels if it is sound");
}

VideoDecoder::Cut VideoDecoder::cut(Bytes bytes, bool at_eos) {
  Cut found{.garbage = std::min(find_start(bytes), bytes.size()), .picture = {}};
  if (found.garbage > 0) return found;
  try {
    found.picture = scan(bytes);
    if (!found.picture) check_unfinished(bytes.size());
  } catch (const Error& error) {
    report_skipped(++pictures_, error);
    return {.garbage = 1, .picture = {}};
  }
  if (at_eos && !found.picture) found.picture = bytes.size();
  return found;
}

GstFlowReturn VideoDecoder::parse(GstAdapter* adapter, bool at_eos) {
  if (gst_adapter_available(adapter) == 0) return GST_VIDEO_DECODER_FLOW_NEED_DATA;
  const Cut found = [&] {
    const AdapterMap map(adapter);
    return cut(map.bytes(), at_eos);
  }();
  if (found.garbage == 0 && !found.picture) return GST_VIDEO_DECODER_FLOW_NEED_DATA;
  restart_scan();
  if (found.garbage > 0) {
    garbage_ = true;
    gst_adapter_flush(adapter, found.garbage);
    return GST_FLOW_OK;
  }
  gst_video_decoder_add_to_frame(base(), static_cast<int>(*found.picture));
  return gst_video_decoder_have_frame(base());
}

}  // namespace mpq::gst
