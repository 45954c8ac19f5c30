// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "tasks/vit/vit.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/error.h"
#include "core/text.h"
#include "tasks/vit/network.h"

namespace mpq::vit {

Model::Model(std::unique_ptr<const Network> network, std::vector<std::string> labels)
    : network_(std::move(network)),
      batcher_([this](std::span<const Pixels* const> pictures) { return logits(pictures); }),
      labels_(std::move(labels)) {}
Model::~Model() = default;

const Shape& Model::shape() const noexcept {
  return network_->shape;
}

const char* Model::precision() const noexcept {
  return network_->placement.precision();
}

std::vector<Logits> Model::logits(std::span<const Pixels* const> pictures) const {
  const std::int64_t size = shape().image_size;
  return nn::run(network_->placement, "classifying pictures", [&] {
    std::vector<at::Tensor> inputs;
    for (const Pixels* pixels : pictures) {
      if (static_cast<std::int64_t>(pixels->size()) != 3 * size * size)
        throw Error(ErrorCode::invalid_argument,
                    text(pixels->size(), " pixels instead of 3 x ", size, " x ", size));
      inputs.push_back(at::from_blob(const_cast<float*>(pixels->data()), {1, 3, size, size}, at::kFloat));
    }
    const at::Tensor logits =
        network_->forward(inputs.size() == 1 ? inputs.front() : at::cat(inputs)).contiguous();
    std::vector<Logits> result;
    const float* values = logits.data_ptr<float>();
    for (std::size_t i = 0; i < pictures.size(); ++i, values += logits.size(1))
      result.emplace_back(values, values + logits.size(1));
    return result;
  });
}

Logits Model::logits(const Pixels& picture, int batch) const {
  if (batch > 1) return batcher_.run(picture, static_cast<std::size_t>(batch));
  const Pixels* const one = &picture;
  return logits(std::span(&one, 1)).front();
}

Classifier::Classifier(std::shared_ptr<const Model> model, const Preprocessing& preprocessing, int batch)
    : model_(std::move(model)), preprocessing_(preprocessing), batch_(batch) {
  if (model_->shape().classes == 0)
    throw Error(ErrorCode::mismatch, "the weights have no classifier",
                "Name a file with head.weight and head.bias");
}
Classifier::~Classifier() = default;
Classifier::Classifier(Classifier&&) noexcept = default;

Logits Classifier::logits(const ImageView& picture) {
  if (preprocessor_ == nullptr || !preprocessor_->fits(picture))
    preprocessor_ = std::make_unique<Preprocessor>(picture.width, picture.height, model_->shape().image_size,
                                                   preprocessing_);
  preprocessor_->run(picture, &pixels_);
  return model_->logits(pixels_, batch_);
}

std::vector<Score> best(const Logits& logits, int count) {
  std::vector<int> order(logits.size());
  std::iota(order.begin(), order.end(), 0);
  const auto value = [&](int i) {
    const float logit = logits[static_cast<std::size_t>(i)];
    return std::isnan(logit) ? -INFINITY : logit;
  };
  const auto end = order.begin() + std::min<std::ptrdiff_t>(count, static_cast<std::ptrdiff_t>(order.size()));
  std::partial_sort(order.begin(), end, order.end(),
                    [&](int a, int b) { return value(a) != value(b) ? value(a) > value(b) : a < b; });
  double sum = 0;
  const double top = order.empty() ? 0 : value(order.front());
  for (int i = 0; i < static_cast<int>(logits.size()); ++i) sum += std::exp(value(i) - top);
  std::vector<Score> scores;
  for (auto i = order.begin(); i != end; ++i) scores.push_back({*i, std::exp(value(*i) - top) / sum});
  return scores;
}

}  // namespace mpq::vit
