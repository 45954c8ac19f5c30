// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "codecs/mbt2018/entropy_model.h"

#include <cmath>
#include <string>

#include "codecs/mbt2018/hash.h"
#include "core/error.h"
#include "core/text.h"

namespace mpq::mbt2018 {
namespace {

using entropy::Activation;
using entropy::ExactLayer;
using entropy::Fixed;
using entropy::Map;

/// Weights and bias of a layer, for the time of a call.
class Read {
 public:
  Read(const Model& model, const std::string& layer)
      : values_(model.weights.floats(layer + ".weight")), bias_(model.weights.floats(layer + ".bias")) {}

  entropy::Weights get() const { return {values_, bias_}; }
  ExactLayer product(Activation activation) const { return {values_, bias_, activation}; }

 private:
  std::vector<float> values_, bias_;
};

void reshape(Map* map, int count, int channels) {
  map->height = count;
  map->width = 1;
  map->channels = channels;
  map->values.resize(static_cast<std::size_t>(count) * static_cast<std::size_t>(channels));
}

}  // namespace

EntropyModel::EntropyModel(const Model& model)
    : architecture_(model.architecture), tables_(read_tables(model)) {
  const bool scales_only = architecture_.variant == Variant::hyperprior;
  const Activation inner = scales_only ? Activation::relu : Activation::leaky_relu;
  up_[0] = {Read(model, "h_s.0").get(), inner};
  up_[1] = {Read(model, "h_s.2").get(), inner};
  hyper_ = convolution(Read(model, "h_s.4").get(), 3, scales_only ? Activation::relu : Activation::none);
  if (has_context()) {
    context_ = convolution(Read(model, "context_prediction").get(), 5, Activation::none, /*masked=*/true);
    parameters_[0] = Read(model, "entropy_parameters.0").product(Activation::leaky_relu);
    parameters_[1] = Read(model, "entropy_parameters.2").product(Activation::leaky_relu);
    parameters_[2] = Read(model, "entropy_parameters.4").product(Activation::none);
  }
  hash_ = compute_hash(model);
}

Map EntropyModel::hyper_synthesis(const Map& z) const {
  return run(hyper_, up_[1].run(up_[0].run(z)));
}

void EntropyModel::find_rows(std::span<const Fixed> scales, std::span<std::int32_t> rows) const {
  entropy::count_below(scales, tables_.thresholds, rows);
}

const Map& EntropyModel::Context::run(const ExactLayer& layer, Map* output) {
  reshape(output, panel_.positions(), layer.rows());
  outputs_.clear();
  for (int i = 0; i < panel_.positions(); ++i) outputs_.push_back(output->at(i, 0));
  layer.run(panel_, outputs_);
  return *output;
}

const Map& EntropyModel::Context::predict(const Map& hyper, const Map& latents,
                                          std::span<const entropy::Tap> positions) {
  const int count = static_cast<int>(positions.size());
  model_.context_.look(latents, positions, &panel_);
  const Map& context = run(model_.context_.layer(), &context_);
  panel_.fill(count, 2, hyper.channels, [&](int i, int piece) {
    const entropy::Tap& position = positions[static_cast<std::size_t>(i)];
    return piece == 0 ? hyper.at(position.y, position.x) : context.at(i, 0);
  });
  const Map* before = &run(model_.parameters_[0], &first_);
  for (int layer = 1; layer < 3; ++layer) {
    panel_.fill(count, 1, before->channels, [&](int i, int) { return before->at(i, 0); });
    before = &run(model_.parameters_[layer], layer == 1 ? &second_ : &result_);
  }
  return *before;
}

namespace {

void hash_residual(Hash& hash, const Model& model) {
  const Nano& residual = model.architecture.nano.value();
  hash.add(model.weights.floats("g_s.linear.weight"));
  for (const char* layer : {"g_s.in", "g_s.up", "g_s.patch"}) hash.add_layer(model, layer);
  for (const auto& [where, count] :
       {std::pair{"g_s.deep.", residual.deep_blocks}, {"g_s.wide.", residual.wide_blocks}})
    for (int i = 0; i < count; ++i)
      for (const char* layer : {".gate", ".mix"}) hash.add_layer(model, text(where, i, layer));
}

}  // namespace

std::uint64_t EntropyModel::compute_hash(const Model& model) const {
  Hash hash;
  hash.add(name(architecture_.variant));
  hash.add(tables_.hyper.contents());
  hash.add(tables_.latents.contents());
  hash.add(tables_.medians);
  hash.add(tables_.thresholds);
  for (const char* layer : {"h_s.0", "h_s.2", "h_s.4"}) hash.add_layer(model, layer);
  if (!architecture_.nano)
    for (const char* layer : {"g_s.0", "g_s.2", "g_s.4", "g_s.6"}) hash.add_layer(model, layer);
  if (has_context())
    for (const char* layer :
         {"context_prediction", "entropy_parameters.0", "entropy_parameters.2", "entropy_parameters.4"})
      hash.add_layer(model, layer);
  if (architecture_.levels > 0) hash.add(model.weights.floats("inverse_gain"));
  if (architecture_.nano) {
    hash_residual(hash, model);
    return hash.value();
  }
  for (const char* layer : {"g_s.1", "g_s.3", "g_s.5"}) {
    hash.add(model.weights.floats(text(layer, ".beta")));
    hash.add(model.weights.floats(text(layer, ".gamma")));
  }
  return hash.value();
}

}  // namespace mpq::mbt2018
