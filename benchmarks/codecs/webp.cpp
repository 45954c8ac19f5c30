// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// WebP: the elements against libwebp alone and against webpenc and webpdec, at the same settings.
#include <webp/decode.h>
#include <webp/encode.h>

#include "benchmarks/media.h"
#include "core/text.h"

namespace mpq::bench {
namespace {

class EncodeLoop {
 public:
  EncodeLoop(StreamPtr stream, const std::string& format, const SizeInfo& size)
      : stream_(std::move(stream)), format_(format), size_(size) {
    WebPConfigPreset(&config_, WEBP_PRESET_DEFAULT, 0);
    config_.method = 4;
    WebPMemoryWriterInit(&writer_);
  }
  ~EncodeLoop() { WebPMemoryWriterClear(&writer_); }
  EncodeLoop(const EncodeLoop&) = delete;
  EncodeLoop& operator=(const EncodeLoop&) = delete;

  void operator()(std::size_t i, Bytes* output) {
    const gst::ReadMap map(stream_->buffers[i % stream_->buffers.size()].get());
    const ImageView view = view_of(format_, size_, map.data());
    WebPPicture picture;
    WebPPictureInit(&picture);
    picture.width = size_.width;
    picture.height = size_.height;
    picture.writer = WebPMemoryWrite;
    picture.custom_ptr = &writer_;
    writer_.size = 0;
    if (format_ == "RGB")
      WebPPictureImportRGB(&picture, view.planes[0].data, static_cast<int>(view.planes[0].stride));
    else
      point_at(picture, view);
    WebPEncode(&config_, &picture);
    WebPPictureFree(&picture);
    if (output != nullptr) output->insert(output->end(), writer_.mem, writer_.mem + writer_.size);
  }

 private:
  static void point_at(WebPPicture& picture, const ImageView& view) {
    picture.y = const_cast<std::uint8_t*>(view.planes[0].data);
    picture.u = const_cast<std::uint8_t*>(view.planes[1].data);
    picture.v = const_cast<std::uint8_t*>(view.planes[2].data);
    picture.y_stride = static_cast<int>(view.planes[0].stride);
    picture.uv_stride = static_cast<int>(view.planes[1].stride);
  }

  StreamPtr stream_;
  std::string format_;
  SizeInfo size_;
  WebPConfig config_{};
  WebPMemoryWriter writer_{};
};

class DecodeLoop {
 public:
  DecodeLoop(StreamPtr stream, const SizeInfo& size)
      : stream_(std::move(stream)),
        stride_(3 * size.width),
        output_(static_cast<std::size_t>(stride_ * size.height)) {}

  void operator()(std::size_t i, Bytes* output) {
    const gst::ReadMap map(stream_->buffers[i % stream_->buffers.size()].get());
    WebPDecodeRGBInto(map.data(), map.size(), output_.data(), output_.size(), stride_);
    if (output != nullptr) output->insert(output->end(), output_.begin(), output_.end());
  }

 private:
  StreamPtr stream_;
  int stride_;
  Bytes output_;
};

void encode(Bench& bench, const SizeInfo& size, const std::string& format) {
  const std::string name = text("webp/encode/", format, "/", size.name, "/q0");
  if (!bench.wants(name)) return;
  const StreamPtr pictures = photographs(size.size, format, "bt601");
  Comparison c{.name = name,
               .unit = "picture",
               .legs = {},
               .bars = {{"library", 0.98}},
               .check = pictures->buffers.size()};
  c.legs = {element_leg("mpqwebpenc", "mpqwebpenc quality=0 method=4", pictures),
            loop_leg("library", [=] { return EncodeLoop(pictures, format, size); })};
  if (have_elements({"webpenc"})) {
    c.legs.push_back(element_leg("webpenc", "webpenc quality=0 speed=4 preset=none", pictures));
    c.bars.push_back({"webpenc", 1});
  }
  bench.compare(c);
}

void decode(Bench& bench, const SizeInfo& size) {
  const std::string name = text("webp/decode/RGB/", size.name, "/q0");
  if (!bench.wants(name)) return;
  const StreamPtr coded = through("mpqwebpenc quality=0 method=4", photographs(size.size, "RGB"));
  const char* caps = " ! video/x-raw,format=RGB";
  Comparison c{.name = name,
               .unit = "picture",
               .legs = {},
               .bars = {{"library", 0.98}},
               .check = coded->buffers.size()};
  c.legs = {element_leg("mpqwebpdec", text("mpqwebpdec", caps), coded),
            loop_leg("library", [=] { return DecodeLoop(coded, size); })};
  if (have_elements({"webpdec"})) {
    c.legs.push_back(element_leg("webpdec", text("webpdec", caps), coded));
    c.bars.push_back({"webpdec", 1});
  }
  bench.compare(c);
}

void run(Bench& bench) {
  for (const SizeInfo& size : sizes) {
    encode(bench, size, "RGB");
    encode(bench, size, "I420");
    decode(bench, size);
  }
}

}  // namespace
}  // namespace mpq::bench

MPQ_BENCHMARK("webp", mpq::bench::run)
