// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "tasks/vit/preprocessing.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/text.h"

namespace mpq::vit {
namespace {

using nlohmann::json;

struct Size {
  int width, height;
};

Size resized_size(int width, int height, int size, const Preprocessing& p) {
  if (p.fit == Fit::squeeze) return {size, size};
  const int shorter = p.short_side > 0 ? p.short_side : static_cast<int>(size / 0.9);
  if (shorter < size)
    throw Error(ErrorCode::invalid_argument,
                text("a short side of ", shorter, " pixels is less than the network's ", size));
  const auto longer = [&](int a, int b) {
    return static_cast<int>(std::int64_t{shorter} * a / b);  // torchvision rounds down
  };
  return width <= height ? Size{shorter, longer(height, width)} : Size{longer(width, height), shorter};
}

/// torchvision's: halves go to the even number.
int centre(int outer, int inner) {
  return static_cast<int>(std::nearbyint((outer - inner) / 2.0));
}

std::array<float, 3> three(const json& config, const char* name, const std::array<float, 3>& otherwise) {
  const auto found = config.find(name);
  if (found == config.end()) return otherwise;
  return found->get<std::array<float, 3>>();
}

/// Pillow's numbers.
ResizeFilter filter_of(int resample) {
  if (resample == 2) return ResizeFilter::bilinear;
  if (resample == 3) return ResizeFilter::bicubic;
  throw Error(ErrorCode::unsupported,
              text("resample ", resample, " is neither bilinear (2) nor bicubic (3)"));
}

/// "size": 224, {"height", "width"}, or {"shortest_edge"}, the last with "crop_size".
void read_size(const json& config, Preprocessing* p) {
  const auto size = config.find("size");
  if (size == config.end() || !size->is_object() || !size->contains("shortest_edge")) return;
  p->fit = Fit::crop;
  p->short_side = size->at("shortest_edge").get<int>();
}

}  // namespace

std::optional<Preprocessing> read_preprocessing(const std::filesystem::path& file) {
  std::ifstream stream(file);
  if (!stream) return std::nullopt;
  try {
    const json config = json::parse(stream);
    Preprocessing p;
    p.mean = three(config, "image_mean", p.mean);
    p.deviation = three(config, "image_std", p.deviation);
    p.filter = filter_of(config.value("resample", 2));
    read_size(config, &p);
    return p;
  } catch (const json::exception& error) {
    throw Error(ErrorCode::corrupt_data,
                text(file.string(), " is no preprocessor configuration: ", error.what()),
                "Download it again, or remove it to use the defaults");
  }
}

Preprocessor::Preprocessor(int width, int height, int size, const Preprocessing& p)
    : width_(width),
      height_(height),
      size_(size),
      value_{},
      resized_width_(resized_size(width, height, size, p).width),
      resized_height_(resized_size(width, height, size, p).height),
      resizer_(width, height, resized_width_, resized_height_, p.filter),
      resized_(std::size_t{3} * static_cast<std::size_t>(resized_width_) *
               static_cast<std::size_t>(resized_height_)) {
  left_ = centre(resized_width_, size);
  top_ = centre(resized_height_, size);
  for (std::size_t c = 0; c < 3; ++c)
    for (std::size_t byte = 0; byte < 256; ++byte)
      value_[c][byte] = (static_cast<float>(byte) / 255.0F - p.mean[c]) / p.deviation[c];
}

void Preprocessor::run(const ImageView& picture, std::vector<float>* pixels) {
  const std::ptrdiff_t stride = std::ptrdiff_t{3} * resized_width_;
  resizer_.resize(picture,
                  {PixelFormat::rgb24, resized_width_, resized_height_, {{{resized_.data(), stride}}}});
  const auto plane = static_cast<std::size_t>(size_) * static_cast<std::size_t>(size_);
  pixels->resize(3 * plane);
  float* out = pixels->data();
  for (int y = 0; y < size_; ++y) {
    const std::uint8_t* in = resized_.data() + stride * (top_ + y) + std::ptrdiff_t{3} * left_;
    for (int x = 0; x < size_; ++x, ++out, in += 3)
      for (std::size_t c = 0; c < 3; ++c) out[c * plane] = value_[c][in[c]];
  }
}

}  // namespace mpq::vit
