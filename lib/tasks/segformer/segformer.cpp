// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "tasks/segformer/segformer.h"

#include <algorithm>
#include <map>

#include "core/error.h"
#include "core/text.h"
#include "nn/published.h"
#include "tasks/segformer/fast_network.h"
#include "tasks/segformer/largest_class.h"

namespace mpq::segformer {
namespace {

constexpr std::int64_t most_pixels = 16 << 20;  // of an input: attention grows with the square of it

}  // namespace

std::string variant(const Shape& shape) {
  using Depths = std::array<int, stages>;
  static const std::map<Depths, std::string> published{
      {{3, 4, 6, 3}, "b2"}, {{3, 4, 18, 3}, "b3"}, {{3, 8, 27, 3}, "b4"}, {{3, 6, 40, 3}, "b5"}};
  Depths depths{};
  for (std::size_t i = 0; i < stages; ++i) depths[i] = shape.stage[i].depth;
  const int width = shape.stage[0].width;
  if (depths == Depths{2, 2, 2, 2} && (width == 32 || width == 64)) return width == 32 ? "b0" : "b1";
  const auto found = published.find(depths);
  return found != published.end() && width == 64 ? found->second : "SegFormer";
}

Model::Model(std::unique_ptr<const Network> network, std::vector<std::string> labels)
    : network_(std::move(network)),
      workspace_(std::make_unique<Workspace>()),
      batcher_([this](std::span<const Job* const> jobs) { return compute(jobs); }),
      labels_(std::move(labels)) {}
Model::~Model() = default;

const Shape& Model::shape() const noexcept {
  return network_->shape;
}

const char* Model::precision() const noexcept {
  return network_->placement.type == at::kFloat ? "float32" : "bfloat16";
}

int Model::least_side() const noexcept {
  // The outputs of an embedding are as many as its input has strides, rounded up.
  int least = 1, stride = 1;
  for (const StageShape& s : shape().stage) {
    stride *= s.stride;
    least = std::max(least, stride * (s.ratio - 1) + 1);
  }
  return least;
}

void Model::logits(const Pixels& picture, int batch, Logits* logits) const {
  if (std::min(picture.width, picture.height) < least_side())
    throw Error(
        ErrorCode::invalid_argument,
        text("a picture of ", picture.width, "x", picture.height, " is too small for this SegFormer"),
        text("Use pictures of at least ", least_side(), "x", least_side(), ", or let them be resized"));
  if (std::int64_t{picture.width} * picture.height > most_pixels)
    throw Error(ErrorCode::invalid_argument,
                text("a picture of ", picture.width, "x", picture.height, " is too large for SegFormer"),
                "Let pictures be resized before the network");
  const Job job{&picture, logits};
  batcher_.run(job, static_cast<std::size_t>(std::max(1, batch)));
}

/// Pictures of one size.
void Model::compute_together(std::span<const Job* const> jobs) const {
  std::vector<at::Tensor> pictures;
  for (const Job* job : jobs)
    pictures.push_back(at::from_blob(const_cast<float*>(job->picture->values.data()),
                                     {1, job->picture->height, job->picture->width, 3}, at::kFloat)
                           .permute({0, 3, 1, 2}));
  const at::Tensor logits =
      network_->forward(pictures.size() == 1 ? pictures.front() : at::cat(pictures)).cpu();
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    Logits& out = *jobs[i]->logits;
    out.height = static_cast<int>(logits.size(1));
    out.width = static_cast<int>(logits.size(2));
    out.classes = static_cast<int>(logits.size(3));
    const at::Tensor own = logits[static_cast<std::int64_t>(i)];
    out.values.assign(own.data_ptr<float>(), own.data_ptr<float>() + own.numel());
  }
}

std::vector<Model::Done> Model::compute(std::span<const Job* const> jobs) const {
  return nn::run(network_->placement, "segmenting pictures", [&] {
    for (std::size_t i = 0, end = 0; i < jobs.size(); i = end) {
      const Pixels& first = *jobs[i]->picture;
      const auto fits = [&](const Pixels& p) { return p.width == first.width && p.height == first.height; };
      if (network_->fast != nullptr) {
        network_->fast->forward(first, workspace_.get(), jobs[i]->logits);
        end = i + 1;
        continue;
      }
      for (end = i + 1; end < jobs.size() && fits(*jobs[end]->picture);) ++end;
      compute_together(jobs.subspan(i, end - i));
    }
    return std::vector<Done>(jobs.size());
  });
}

Preprocessing read_preprocessing(const std::filesystem::path& file) {
  const nlohmann::json config = nn::read_json(file);
  Preprocessing p;
  try {
    p.mean = config.value("image_mean", p.mean);
    p.deviation = config.value("image_std", p.deviation);
    if (config.value("resample", 2) != 2)
      throw Error(ErrorCode::unsupported, text(file.string(), " asks for another filter than bilinear (2)"));
    if (const auto size = config.find("size"); size != config.end()) {
      p.width = size->is_object() ? size->at("width").get<int>() : size->get<int>();
      p.height = size->is_object() ? size->at("height").get<int>() : size->get<int>();
    }
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorCode::corrupt_data,
                text(file.string(), " is no preprocessor configuration: ", error.what()),
                "Download it again, or remove it to use the defaults");
  }
  if (std::min(p.width, p.height) < 1 || std::max(p.width, p.height) > 65535)
    throw Error(ErrorCode::corrupt_data,
                text(file.string(), " asks for pictures of ", p.width, "x", p.height),
                "Download it again, or remove it to use the defaults");
  return p;
}

Segmenter::Segmenter(std::shared_ptr<const Model> model, const Preprocessing& p, int batch)
    : model_(std::move(model)), width_(p.width), height_(p.height), batch_(batch), value_{} {
  for (std::size_t c = 0; c < value_.size(); ++c)
    for (std::size_t byte = 0; byte < 256; ++byte)
      value_[c][byte] = (static_cast<float>(byte) / 255.0F - p.mean[c]) / p.deviation[c];
}

void Segmenter::preprocess(const ImageView& picture) {
  if (picture.format != PixelFormat::rgb24)
    throw Error(ErrorCode::invalid_argument, "a picture is not RGB", "Convert it");
  pixels_.width = width_ > 0 ? width_ : picture.width;
  pixels_.height = height_ > 0 ? height_ : picture.height;
  const std::ptrdiff_t row = std::ptrdiff_t{3} * pixels_.width;
  BasicPlane<const std::uint8_t> from = picture.planes[0];
  if (pixels_.width != picture.width || pixels_.height != picture.height) {
    if (resizer_ == nullptr || from_width_ != picture.width || from_height_ != picture.height) {
      resizer_ = std::make_unique<Resizer>(picture.width, picture.height, pixels_.width, pixels_.height,
                                           ResizeFilter::bilinear);
      from_width_ = picture.width;
      from_height_ = picture.height;
    }
    resized_.resize(static_cast<std::size_t>(row) * static_cast<std::size_t>(pixels_.height));
    resizer_->resize(picture,
                     {PixelFormat::rgb24, pixels_.width, pixels_.height, {{{resized_.data(), row}}}});
    from = {resized_.data(), row};
  }
  pixels_.values.resize(static_cast<std::size_t>(row) * static_cast<std::size_t>(pixels_.height));
  float* out = pixels_.values.data();
  for (int y = 0; y < pixels_.height; ++y) {
    const std::uint8_t* in = from.data + from.stride * y;
    for (int x = 0; x < pixels_.width; ++x)
      for (const auto& value : value_) *out++ = value[*in++];
  }
}

const LabelMap& Segmenter::segment(const ImageView& picture) {
  preprocess(picture);
  model_->logits(pixels_, batch_, &logits_);
  map_.width = picture.width;
  map_.height = picture.height;
  largest_class(logits_, model_->network().placement.threads, &map_);
  return map_;
}

}  // namespace mpq::segformer
