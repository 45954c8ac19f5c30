// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "benchmarks/media.h"

#include <gst/audio/audio.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "core/error.h"
#include "core/text.h"

namespace mpq::bench {
namespace {

namespace fs = std::filesystem;
constexpr int photo_width = 768, photo_height = 512;
constexpr std::size_t photo_bytes = std::size_t{3} * photo_width * photo_height;

fs::path data_folder() {
  const char* shared = std::getenv("MPQ_SHARED_DIR");
  return shared != nullptr ? fs::path(shared) / "data" : fs::path();
}

const SizeInfo& info_of(Size size) {
  return size == Size::vga_class ? sizes[0] : sizes[1];
}

// Noise between 0 and 1 on a grid, the same for the same place.
double lattice(unsigned x, unsigned y, unsigned seed) {
  unsigned h = x * 374761393U + y * 668265263U + seed * 2246822519U;
  h = (h ^ (h >> 13)) * 1274126177U;
  return static_cast<double>(h ^ (h >> 16)) / 4294967295.0;
}

double smooth_noise(double x, double y, unsigned seed) {
  const auto ix = static_cast<unsigned>(x), iy = static_cast<unsigned>(y);
  const double fx = x - ix, fy = y - iy;
  const double top = lattice(ix, iy, seed) * (1 - fx) + lattice(ix + 1, iy, seed) * fx;
  const double bottom = lattice(ix, iy + 1, seed) * (1 - fx) + lattice(ix + 1, iy + 1, seed) * fx;
  return top * (1 - fy) + bottom * fy;
}

// Octaves of noise fall off as the spectra of photographs do; a ridge gives edges.
Bytes synthetic_photograph(unsigned seed) {
  Bytes pixels;
  pixels.reserve(photo_bytes);
  for (int y = 0; y < photo_height; ++y) {
    for (int x = 0; x < photo_width; ++x) {
      double luma = 0, weight = 0.5;
      for (unsigned octave = 0; octave < 8; ++octave, weight *= 0.6) {
        const double step = 256.0 / (1U << octave);
        luma += weight * (smooth_noise(x / step, y / step, seed + octave) - 0.5);
      }
      const double edge = smooth_noise(x / 90.0, y / 90.0, seed + 50) > 0.55 ? 40 : 0;
      for (unsigned c = 0; c < 3; ++c) {
        const double tint = 60 * (smooth_noise(x / 200.0, y / 200.0, seed + 60 + c) - 0.5);
        pixels.push_back(static_cast<std::uint8_t>(std::clamp(110 + 160 * luma + edge + tint, 0.0, 255.0)));
      }
    }
  }
  return pixels;
}

std::vector<fs::path> kodak_files() {
  std::vector<fs::path> files;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(data_folder() / "kodak", none)) {
    if (entry.path().extension() == ".png") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

// Nine photographs of 768x512, RGB.
const std::vector<Bytes>& base_photographs() {
  static const std::vector<Bytes> all = [] {
    std::vector<Bytes> photographs;
    for (const auto& file : kodak_files()) {
      const StreamPtr stream = from_source(
          text("filesrc location=\"", file.string(), "\" ! pngdec ! videoconvert ! video/x-raw,format=RGB"));
      const GstStructure* caps = gst_caps_get_structure(stream->caps.get(), 0);
      int width = 0;
      gst_structure_get_int(caps, "width", &width);
      Bytes pixels = joined(*stream);
      if (width == photo_width && pixels.size() == photo_bytes) photographs.push_back(std::move(pixels));
      if (photographs.size() == 9) return photographs;
    }
    while (photographs.size() < 9)
      photographs.push_back(synthetic_photograph(100 * static_cast<unsigned>(photographs.size())));
    return photographs;
  }();
  return all;
}

// 1920x1080 cut out of three rows of three photographs: detail as fine as the photographs' own.
Bytes mosaic(std::size_t first) {
  const auto& photographs = base_photographs();
  const auto& [size, name, width, height] = sizes[1];
  Bytes pixels(std::size_t{3} * width * height);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; x += photo_width) {
      const int tile = y / photo_height * 3 + x / photo_width;
      const auto count = std::size_t{3} * static_cast<std::size_t>(std::min(photo_width, width - x));
      std::memcpy(
          pixels.data() + std::ptrdiff_t{3} * (std::ptrdiff_t{y} * width + x),
          photographs[(first + static_cast<std::size_t>(tile)) % 9].data() + std::ptrdiff_t{3} * (y % photo_height) * photo_width,
          count);
    }
  }
  return pixels;
}

StreamPtr rgb_photographs(Size size) {
  auto stream = std::make_shared<Stream>();
  const SizeInfo& info = info_of(size);
  stream->caps.reset(gst_caps_from_string(
      text("video/x-raw,format=RGB,width=", info.width, ",height=", info.height, ",framerate=25/1").c_str()));
  stream->duration = GST_SECOND / 25;
  for (std::size_t i = 0; i < (size == Size::full_hd ? 3 : 9); ++i) {
    const Bytes pixels = size == Size::full_hd ? mosaic(3 * i) : base_photographs()[i];
    stream->buffers.push_back(gst::copy_to_buffer(pixels.data(), pixels.size()));
  }
  return stream;
}

// Voiced sounds of changing pitch under noise.
Bytes synthetic_sound(int rate, int channels) {
  Bytes bytes;
  double phase = 0;
  for (int i = 0; i < 20 * rate; ++i) {
    const double t = static_cast<double>(i) / rate;
    phase += 2 * G_PI * (180 + 60 * std::sin(2 * t) + 20 * std::sin(31 * t)) / rate;
    double value = 0.02 * (lattice(static_cast<unsigned>(i), 0, 7) - 0.5);
    for (int k = 1; k <= 12; ++k) value += 0.15 / k * std::sin(k * phase) * (0.6 + 0.4 * std::sin(3 * t + k));
    const auto sample = static_cast<std::int16_t>(20000 * std::clamp(value, -1.0, 1.0));
    for (int c = 0; c < channels; ++c) {
      bytes.insert(bytes.end(),
                   {static_cast<std::uint8_t>(sample & 0xff), static_cast<std::uint8_t>(sample >> 8)});
    }
  }
  return bytes;
}

Bytes recorded_sound(Sound kind, int rate, int channels) {
  Bytes bytes;
  const std::vector<const char*> files =
      kind == Sound::music ? std::vector{"music/encodec_test_48k.wav", "music/musdb_80s_rock/mixture.wav",
                                         "music/musdb_80s_rock/mixture.wav"}
                           : std::vector{"speech/ljspeech_LJ001-0002.wav", "speech/ljspeech_LJ001-0004.wav",
                                         "speech/ljspeech_LJ001-0006.wav", "speech/ljspeech_LJ001-0008.wav"};
  for (const char* name : files) {
    const fs::path file = data_folder() / name;
    if (!fs::exists(file)) continue;
    const Bytes part = joined(*from_source(
        text("filesrc location=\"", file.string(),
             "\" ! wavparse ! audioconvert ! audioresample ! audio/x-raw,format=", GST_AUDIO_NE(S16),
             ",layout=interleaved,rate=", rate, ",channels=", channels)));
    bytes.insert(bytes.end(), part.begin(), part.end());
  }
  return bytes;
}

}  // namespace

StreamPtr photographs(Size size, const std::string& format, const std::string& colorimetry) {
  StreamPtr rgb = rgb_photographs(size);
  if (format == "RGB") return rgb;
  return through(text("videoconvert ! video/x-raw,format=", format, ",colorimetry=", colorimetry), rgb);
}

ImageView view_of(const std::string& format, const SizeInfo& size, const std::uint8_t* bytes) {
  if (format == "RGB")
    return {PixelFormat::rgb24, size.width, size.height, {{{bytes, std::ptrdiff_t{3} * size.width}}}};
  const std::ptrdiff_t luma = std::ptrdiff_t{size.width} * size.height;
  return {PixelFormat::i420,
          size.width,
          size.height,
          {{{bytes, size.width}, {bytes + luma, size.width / 2}, {bytes + luma + luma / 4, size.width / 2}}}};
}

StreamPtr sound(Sound kind, int rate, int channels, std::size_t frames) {
  Bytes bytes = recorded_sound(kind, rate, channels);
  if (bytes.empty()) bytes = synthetic_sound(rate, channels);
  auto stream = std::make_shared<Stream>();
  stream->caps.reset(gst_caps_from_string(text("audio/x-raw,format=", GST_AUDIO_NE(S16),
                                               ",layout=interleaved,rate=", rate, ",channels=", channels)
                                              .c_str()));
  if (channels == 2)
    gst_caps_set_simple(stream->caps.get(), "channel-mask", GST_TYPE_BITMASK, G_GUINT64_CONSTANT(3), nullptr);
  stream->duration = frames * GST_SECOND / static_cast<guint64>(rate);
  const std::size_t step = 2 * frames * static_cast<std::size_t>(channels);
  for (std::size_t at = 0; at + step <= bytes.size(); at += step) {
    stream->buffers.push_back(gst::copy_to_buffer(bytes.data() + at, step));
  }
  return stream;
}

Bytes joined(const Stream& stream) {
  Bytes bytes;
  for (const auto& buffer : stream.buffers) {
    const gst::ReadMap map(buffer.get());
    bytes.insert(bytes.end(), map.data(), map.data() + map.size());
  }
  return bytes;
}

std::string media_source() {
  return kodak_files().empty() ? "synthetic" : "kodak";
}

}  // namespace mpq::bench
