// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Fits a checkpoint to a model: every tensor that the model wants, in its shape, and no other.
//
//   const KeyMap timm{.strip_prefixes = {"module."}, .renames = {{"blocks.#.attn.*",
//   "layers.#.attention.*"}},
//                     .ignored = {"head_dist.*"}};
//   const Binding weights = bind(open("vit.safetensors"), {{"layers.0.attention.qkv.weight", {576, 192}},
//   ...}, timm); const std::vector<float> qkv = weights.floats("layers.0.attention.qkv.weight");
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "checkpoint/checkpoint.h"

namespace mpq::checkpoint {

/// A tensor that a model needs, by the model's own name. A size of -1 fits any.
struct Wanted {
  std::string name;
  std::vector<std::int64_t> shape;
};

/// Names that fit `published` become `ours`. In patterns, # is a number (a layer's, of one digit or more) and
/// * any text; those in `ours` take, each kind in its order, what those in `published` met.
struct Rename {
  std::string published, ours;
};

/// How published names become a model's own. Plain data, one table a source of checkpoints.
struct KeyMap {
  std::vector<std::string> strip_prefixes;  ///< taken off in this order, each once, where a name begins so
  std::vector<Rename> renames;              ///< the first that fits the whole name counts; others keep theirs
  std::vector<std::string> ignored;  ///< patterns of published names, before all else, that no model needs
};

/// What `published` is called in the model; none for an ignored one.
std::optional<std::string> own_name(const KeyMap& map, const std::string& published);

/// Looks at a checkpoint that does not fit, and says in a sentence what to do, for example "This is ViT-Base:
/// set model=vit-base." Empty where it does not know.
using Suggest = std::function<std::string(const Checkpoint&)>;

/// The tensors of a checkpoint under a model's names. Cheap to copy.
class Binding {
 public:
  const Checkpoint& checkpoint() const noexcept { return *checkpoint_; }
  /// Throws Error(invalid_argument) for a name that was not wanted.
  const Tensor& tensor(std::string_view name) const;
  Data read(std::string_view name) const { return checkpoint_->read(tensor(name)); }
  std::vector<float> floats(std::string_view name) const { return to_float32(*checkpoint_, tensor(name)); }

 private:
  friend Binding bind(std::shared_ptr<const Checkpoint>, const std::vector<Wanted>&, const KeyMap&,
                      const Suggest&);
  std::shared_ptr<const Checkpoint> checkpoint_;
  std::unordered_map<std::string, const Tensor*> tensors_;
};

/// Throws Error(mismatch) unless the checkpoint has every wanted tensor in its shape and, but for ignored
/// ones, no other. The error counts and names (ten of each) what is missing, unexpected, of another shape, or
/// there twice; its remedy is what `suggest` says.
Binding bind(std::shared_ptr<const Checkpoint> checkpoint, const std::vector<Wanted>& wanted,
             const KeyMap& map = {}, const Suggest& suggest = {});

}  // namespace mpq::checkpoint
