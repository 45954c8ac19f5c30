// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "train/mbt2018/objective.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "codecs/mbt2018/hash.h"
#include "core/error.h"
#include "core/text.h"
#include "nn/runtime.h"
#include "train/functions.h"
#include "train/mbt2018/loss.h"
#include "train/mbt2018/model_file.h"
#include "train/objective.h"
#include "train/random.h"

namespace mpq::train::mbt2018 {
namespace {

/// The network's rounding of z follows its density, which changes slowly, in steps of this many.
constexpr std::uint64_t median_interval = 50;

using mpq::mbt2018::Nano;

template <class Number>
Number number(const std::map<std::string, std::string>& description, const std::string& name) {
  const auto found = description.find(name);
  Number value{};
  if (found != description.end()) {
    const char* end = found->second.data() + found->second.size();
    if (const auto [rest, error] = std::from_chars(found->second.data(), end, value);
        error == std::errc() && rest == end)
      return value;
  }
  throw Error(ErrorCode::corrupt_data, text("the state does not say its ", name), "Start the training anew.");
}

void check(const Settings& settings) {
  if (!(settings.least_lambda > 0) || !(settings.most_lambda < 1e3) ||
      settings.least_lambda > settings.most_lambda)
    throw Error(ErrorCode::invalid_argument,
                text("lambdas of ", settings.least_lambda, " to ", settings.most_lambda, " cannot be used"),
                "Name a smaller and a larger positive number below 1000.");
}

class RateDistortion : public Objective {
 public:
  /// Begins with the model's weights, if there is one.
  RateDistortion(const Settings& settings, const mpq::mbt2018::Model* model)
      : settings_(settings),
        network_(settings.architecture, settings.levels, settings.bfloat16 ? at::kBFloat16 : at::kFloat,
                 at::TensorOptions(at::kFloat).device(nn::find_device(settings.device))),
        lambdas_(lambdas(settings)) {
    if (model == nullptr) return;
    read_model(*model, network_);
    const at::Tensor values = network_.parameters().values().cpu();
    mpq::mbt2018::Hash hash;
    hash.add(std::vector<float>(values.data_ptr<float>(), values.data_ptr<float>() + values.numel()));
    begun_with_ = text(hash.value());
  }

  const Parameters& parameters() const override { return network_.parameters(); }

  std::map<std::string, std::string> description() const override {
    std::map<std::string, std::string> all{
        {"architecture", mpq::mbt2018::name(settings_.architecture.variant)},
        {"n", text(settings_.architecture.n)},
        {"m", text(settings_.architecture.m)},
        {"levels", text(settings_.levels)},
        {"least-lambda", text(settings_.least_lambda)},
        {"most-lambda", text(settings_.most_lambda)}};
    if (const auto& nano = settings_.architecture.nano)
      for (const auto& [name, member] : nano_sizes) all[name] = text((*nano).*member);
    if (!begun_with_.empty()) all["begun-with"] = begun_with_;
    return all;
  }

  void initialise(std::uint64_t seed) override {
    if (begun_with_.empty()) network_.initialise(seed, lambdas_);
  }

  Figures backward(const Batch& batch, std::uint64_t seed, std::uint64_t step) override {
    if (step % median_interval == 0) network_.update_medians();
    Generator generator(seed, Purpose::noise, step);
    const at::Tensor x = at::from_blob(const_cast<float*>(batch.pixels.data()),
                                       {batch.count, batch.side, batch.side, 3}, at::kFloat)
                             .to(network_.parameters().values().device())
                             .permute({0, 3, 1, 2});
    const Draw draw = draw_for(network_, batch.count, batch.side, generator);
    const Terms terms = rate_distortion(network_, x, draw, lambdas_, Latents::written);
    terms.loss.backward();
    return {terms.loss.item<double>(), terms.rate.mean().item<double>(),
            -10 * std::log10(terms.error.mean().item<double>())};
  }

  void write(const std::filesystem::path& file, const at::Tensor& weights, const ModelForm& form,
             std::map<std::string, std::string> metadata) const override {
    if (const auto& level = form.level; level && settings_.levels > 1) {
      const double ratio = settings_.most_lambda / settings_.least_lambda;
      const double lambda = settings_.least_lambda * std::pow(ratio, *level / (settings_.levels - 1));
      metadata["levels"] = "1";
      metadata["least-lambda"] = metadata["most-lambda"] = text(lambda);
    }
    if (form.level && !(*form.level >= 0 && *form.level <= settings_.levels - 1))
      throw Error(ErrorCode::invalid_argument, text("this model has no level ", *form.level),
                  text("Name one from 0 to ", settings_.levels - 1, '.'));
    write_model(file, network_, weights, form, metadata);
  }

 private:
  Settings settings_;
  Network network_;
  std::vector<double> lambdas_;
  std::string begun_with_;  ///< a hash of that model, or empty
};

}  // namespace

const std::array<std::pair<const char*, int Nano::*>, 7> nano_sizes{{{"wide", &Nano::wide},
                                                                     {"wide-blocks", &Nano::wide_blocks},
                                                                     {"deep", &Nano::deep},
                                                                     {"deep-blocks", &Nano::deep_blocks},
                                                                     {"hyper", &Nano::hyper},
                                                                     {"context", &Nano::context},
                                                                     {"parameters", &Nano::parameters}}};

Settings nano() {
  Settings settings;
  settings.architecture.m = 192;
  settings.architecture.nano = Nano{.wide = 64,
                                    .wide_blocks = 3,
                                    .deep = 96,
                                    .deep_blocks = 3,
                                    .hyper = 128,
                                    .context = 128,
                                    .parameters = 256};
  settings.least_lambda = 0.0003;
  settings.most_lambda = 0.012;
  return settings;
}

std::vector<double> lambdas(const Settings& settings) {
  std::vector<double> all;
  for (int i = 0; i < settings.levels; ++i) {
    const double share = settings.levels == 1 ? 1 : i / static_cast<double>(settings.levels - 1);
    all.push_back(settings.least_lambda * std::pow(settings.most_lambda / settings.least_lambda, share));
  }
  return all;
}

std::shared_ptr<Objective> make_objective(const Settings& settings) {
  check(settings);
  return std::make_shared<RateDistortion>(settings, nullptr);
}

std::shared_ptr<Objective> make_objective(const Settings& settings, const std::filesystem::path& model) {
  check(settings);
  const mpq::mbt2018::Model file = mpq::mbt2018::open(model);
  return std::make_shared<RateDistortion>(settings, &file);
}

Settings model_settings(const std::filesystem::path& model) {
  const mpq::mbt2018::Model file = mpq::mbt2018::open(model);
  Settings settings{.architecture = file.architecture, .levels = std::max(1, file.architecture.levels)};
  settings.architecture.levels = 0;  // which a network in training has beside it
  settings.least_lambda = settings.most_lambda = 0;
  const auto& metadata = file.weights.checkpoint().metadata();
  if (!metadata.contains("most-lambda") || number<int>(metadata, "levels") != settings.levels)
    return settings;
  settings.least_lambda = number<double>(metadata, "least-lambda");
  settings.most_lambda = number<double>(metadata, "most-lambda");
  return settings;
}

Settings read_settings(const std::map<std::string, std::string>& description) {
  Settings settings;
  const auto architecture = description.find("architecture");
  const std::string name = architecture == description.end() ? "" : architecture->second;
  if (name == mpq::mbt2018::name(Variant::mean))
    settings.architecture.variant = Variant::mean;
  else if (name != mpq::mbt2018::name(Variant::mbt2018))
    throw Error(ErrorCode::corrupt_data, text("the state is of no network that is known here: \"", name, '"'),
                "Start the training anew.");
  settings.architecture.n = number<int>(description, "n");
  settings.architecture.m = number<int>(description, "m");
  if (description.contains(nano_sizes.front().first)) {
    settings.architecture.nano.emplace();
    for (const auto& [size, member] : nano_sizes)
      (*settings.architecture.nano).*member = number<int>(description, size);
  }
  settings.levels = number<int>(description, "levels");
  settings.least_lambda = number<double>(description, "least-lambda");
  settings.most_lambda = number<double>(description, "most-lambda");
  return settings;
}

}  // namespace mpq::train::mbt2018
