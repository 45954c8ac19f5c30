// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "codecs/mbt2018/architecture.h"

#include <algorithm>
#include <map>
#include <string>

#include "core/error.h"
#include "core/text.h"

namespace mpq::mbt2018 {
namespace {

using checkpoint::Checkpoint;
using checkpoint::KeyMap;
using checkpoint::Wanted;
using Shape = std::vector<std::int64_t>;

constexpr std::int64_t most_channels = 4096, most_levels = 64;
constexpr int most_blocks = 64;

[[noreturn]] void not_ours(const Checkpoint& file, const std::string& why) {
  throw Error(ErrorCode::mismatch, text(file.file(), " holds no network of the MBT2018 family: ", why),
              "Name a CompressAI checkpoint of mbt2018, mbt2018-mean or bmshj2018-hyperprior");
}

/// Training programs keep the network in an entry called state_dict, beside optimizers with tensors of their
/// own.
KeyMap key_map(const Checkpoint& file) {
  KeyMap map{
      .strip_prefixes = {"state_dict.", "module."},
      .renames = {},
      .ignored = {"*context_prediction.mask", "*entropy_bottleneck.target", "*.likelihood_lower_bound.bound",
                  "*gaussian_conditional.lower_bound_scale.bound", "*gaussian_conditional.scale_bound"}};
  const std::string bottleneck = "entropy_bottleneck.";
  for (const auto& [plural, singular] :
       {std::pair{"matrices.#", "_matrix#"}, {"biases.#", "_bias#"}, {"factors.#", "_factor#"}}) {
    map.renames.push_back({bottleneck + "_" + plural, bottleneck + plural});
    map.renames.push_back({bottleneck + singular, bottleneck + plural});
  }
  const auto inside = [](const checkpoint::Tensor& tensor) { return tensor.name.starts_with("state_dict."); };
  if (std::any_of(file.tensors().begin(), file.tensors().end(), inside))
    for (const checkpoint::Tensor& tensor : file.tensors())
      if (!inside(tensor)) map.ignored.push_back(tensor.name);
  return map;
}

/// Shapes of a file's tensors by our names.
class Index {
 public:
  Index(const Checkpoint& file, const KeyMap& map) : file_(file) {
    for (const checkpoint::Tensor& tensor : file.tensors())
      if (const auto own = own_name(map, tensor.name)) shapes_.emplace(*own, tensor.shape);
  }

  const Shape* find(const std::string& tensor) const {
    const auto found = shapes_.find(tensor);
    return found == shapes_.end() ? nullptr : &found->second;
  }

  /// The first size of a convolution's weights.
  int rows(const std::string& tensor) const {
    const Shape* shape = find(tensor);
    if (shape == nullptr) not_ours(file_, "it has no tensor " + tensor);
    if (shape->size() != 4 || shape->front() < 1 || shape->front() > most_channels)
      not_ours(file_, tensor + " is of another shape");
    return static_cast<int>(shape->front());
  }

 private:
  const Checkpoint& file_;
  std::map<std::string, Shape> shapes_;
};

Nano infer_nano(const Index& index) {
  Nano nano{.wide = index.rows("g_a.patch.weight"),
            .deep = index.rows("g_a.down.weight"),
            .hyper = index.rows("h_s.4.weight"),
            .context = index.rows("context_prediction.weight"),
            .parameters = index.rows("entropy_parameters.0.weight")};
  const auto has = [&](const char* where, int i) {
    return i < most_blocks && index.find(text("g_a.", where, '.', i, ".mix.weight")) != nullptr;
  };
  while (has("wide", nano.wide_blocks)) ++nano.wide_blocks;
  while (has("deep", nano.deep_blocks)) ++nano.deep_blocks;
  return nano;
}

Architecture infer(const Checkpoint& file, const Index& index) {
  const bool nano = index.find("g_a.linear.weight") != nullptr;
  Architecture architecture{.n = index.rows(nano ? "h_a.0.weight" : "g_a.0.weight"),
                            .m = index.rows(nano ? "g_a.linear.weight" : "g_a.6.weight")};
  if (nano) architecture.nano = infer_nano(index);
  if (index.find("h_a.0.weight") == nullptr)
    not_ours(file, "it has no hyperprior (is it bmshj2018-factorized?)");
  const int outputs = index.rows("h_s.4.weight");
  if (index.find("context_prediction.weight") != nullptr)
    architecture.variant = Variant::mbt2018;
  else if (outputs == 2 * architecture.m)
    architecture.variant = Variant::mean;
  else if (outputs == architecture.m)
    architecture.variant = Variant::hyperprior;
  else
    not_ours(file, text("h_s.4 makes ", outputs, " values of ", architecture.m, " latents"));
  if (const Shape* gain = index.find("gain"); gain != nullptr) {
    if (gain->size() != 2 || gain->front() < 2 || gain->front() > most_levels)
      not_ours(file, text("gain is not of 2 to ", most_levels, " levels"));
    architecture.levels = static_cast<int>(gain->front());
  }
  return architecture;
}

/// What a network consists of, with the shapes that follow from its architecture.
class List {
 public:
  List(const Architecture& architecture, const Index& index)
      : variant_(architecture.variant), n_(architecture.n), m_(architecture.m), index_(index) {
    if (const auto& nano = architecture.nano) {
      residual_transforms(*nano);
      hyper_transforms(nano->hyper, nano->hyper, nano->hyper);
      context_model(nano->context, nano->hyper + nano->context, nano->parameters, nano->parameters);
    } else {
      transforms();
      const bool means = variant_ != Variant::hyperprior;
      hyper_transforms(means ? m_ : n_, means ? m_ * 3 / 2 : n_, means ? 2 * m_ : m_);
      if (variant_ == Variant::mbt2018) context_model(2 * m_, 4 * m_, m_ * 10 / 3, m_ * 8 / 3);
    }
    bottleneck();
    tables("entropy_bottleneck.", n_);
    const std::string scales = "gaussian_conditional.scale_table";
    add(scales, {table_rows(scales)});
    tables("gaussian_conditional.", table_rows(scales));
    if (architecture.levels > 0)
      for (const char* tensor : {"gain", "inverse_gain"}) add(tensor, {architecture.levels, m_});
  }

  const std::vector<Wanted>& wanted() const { return wanted_; }

 private:
  void add(const std::string& tensor, const Shape& shape) { wanted_.push_back({tensor, shape}); }

  void convolution(const std::string& layer, std::int64_t in, std::int64_t out, std::int64_t kernel) {
    add(layer + ".weight", {out, in, kernel, kernel});
    add(layer + ".bias", {out});
  }
  void transposed(const std::string& layer, std::int64_t in, std::int64_t out) {
    add(layer + ".weight", {in, out, 5, 5});
    add(layer + ".bias", {out});
  }

  void normalisation(const std::string& layer) {
    add(layer + ".beta", {n_});
    add(layer + ".gamma", {n_, n_});
    for (const char* parameter : {".beta_reparam", ".gamma_reparam"}) {
      add(layer + parameter + ".pedestal", {1});
      add(layer + parameter + ".lower_bound.bound", {1});
    }
  }

  void transforms() {
    for (int i = 0; i < 4; ++i) {
      convolution(text("g_a.", 2 * i), i == 0 ? 3 : n_, i == 3 ? m_ : n_, 5);
      transposed(text("g_s.", 2 * i), i == 0 ? m_ : n_, i == 3 ? 3 : n_);
      if (i == 3) break;
      normalisation(text("g_a.", 2 * i + 1));
      normalisation(text("g_s.", 2 * i + 1));
    }
  }

  void residual_transforms(const Nano& r) {
    const auto blocks = [&](const std::string& layer, int count, std::int64_t channels) {
      for (int i = 0; i < count; ++i) {
        convolution(text(layer, '.', i, ".gate"), channels, 2 * channels, 3);
        convolution(text(layer, '.', i, ".mix"), channels, channels, 1);
      }
    };
    for (const std::string side : {"g_a.", "g_s."}) {
      const bool analysis = side == "g_a.";
      add(side + "linear.weight", {m_, 3, 16, 16});
      add(side + "patch.weight", {r.wide, 3, 8, 8});
      add(side + "patch.bias", {analysis ? r.wide : 3});
      blocks(side + "wide", r.wide_blocks, r.wide);
      blocks(side + "deep", r.deep_blocks, r.deep);
    }
    convolution("g_a.down", r.wide, r.deep, 2);
    convolution("g_a.out", r.deep, m_, 1);
    convolution("g_s.in", m_, r.deep, 1);
    add("g_s.up.weight", {r.deep, r.wide, 2, 2});
    add("g_s.up.bias", {r.wide});
  }

  /// Channels that the layers of h_s give.
  void hyper_transforms(std::int64_t first, std::int64_t second, std::int64_t third) {
    convolution("h_a.0", m_, n_, 3);
    convolution("h_a.2", n_, n_, 5);
    convolution("h_a.4", n_, n_, 5);
    transposed("h_s.0", n_, first);
    transposed("h_s.2", first, second);
    convolution("h_s.4", second, third, 3);
  }

  void context_model(std::int64_t context, std::int64_t both, std::int64_t first, std::int64_t second) {
    convolution("context_prediction", m_, context, 5);
    convolution("entropy_parameters.0", both, first, 1);
    convolution("entropy_parameters.2", first, second, 1);
    convolution("entropy_parameters.4", second, 2 * m_, 1);
  }

  void bottleneck() {
    const std::string all = "entropy_bottleneck.";
    for (int i = 0; i < 5; ++i) {
      const std::int64_t in = i == 0 ? 1 : 3, out = i == 4 ? 1 : 3;
      add(text(all, "matrices.", i), {n_, out, in});
      add(text(all, "biases.", i), {n_, out, 1});
      if (i < 4) add(text(all, "factors.", i), {n_, out, 1});
    }
    add(all + "quantiles", {n_, 1, 3});
  }

  std::int64_t table_rows(const std::string& tensor) const {
    const Shape* shape = index_.find(tensor);
    return shape != nullptr && shape->size() == 1 ? shape->front() : -1;
  }

  void tables(const std::string& of, std::int64_t rows) {
    const bool empty = table_rows(of + "_quantized_cdf") == 0;
    add(of + "_quantized_cdf", empty ? Shape{0} : Shape{rows, -1});
    add(of + "_cdf_length", {empty ? 0 : rows});
    add(of + "_offset", {empty ? 0 : rows});
  }

  Variant variant_;
  std::int64_t n_, m_;
  const Index& index_;
  std::vector<Wanted> wanted_;
};

}  // namespace

const char* name(Variant variant) {
  switch (variant) {
    case Variant::mbt2018:
      return "mbt2018";
    case Variant::mean:
      return "mbt2018-mean";
    case Variant::hyperprior:
      return "bmshj2018-hyperprior";
  }
  return "unknown";
}

Model fit(std::shared_ptr<const Checkpoint> file) {
  const KeyMap map = key_map(*file);
  const Index index(*file, map);
  Model model;
  model.architecture = infer(*file, index);
  model.weights = checkpoint::bind(std::move(file), List(model.architecture, index).wanted(), map);
  model.has_tables = model.weights.tensor("entropy_bottleneck._quantized_cdf").elements() > 0 &&
                     model.weights.tensor("gaussian_conditional._quantized_cdf").elements() > 0;
  return model;
}

Model open(const std::filesystem::path& path) {
  return fit(checkpoint::open(path));
}

}  // namespace mpq::mbt2018
