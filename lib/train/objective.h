// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// What is trained: a network and its loss. The training itself (trainer.h) knows no codec.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>

#include "train/generator.h"
#include "train/loader.h"
#include "train/parameters.h"

namespace mpq::train {

/// A batch's figures, means over its crops.
struct Figures {
  double loss = 0;
  double rate = 0;        ///< bits a pixel
  double distortion = 0;  ///< PSNR in dB of the mean squared error
};

/// How a model is written.
struct ModelForm {
  /// That of this level of a variable rate alone, which needs nothing that the codec does not have without.
  std::optional<double> level = std::nullopt;
  bool float16 = false;  ///< the weights that lose nothing by it that counts; otherwise float32
};

/// Not thread-safe.
class Objective {
 public:
  virtual ~Objective() = default;

  virtual const Parameters& parameters() const = 0;
  /// What decides the shapes, and what a state must agree in to be gone on with: by names, as text.
  virtual std::map<std::string, std::string> description() const = 0;
  /// Sets parameters to what a training begins with.
  virtual void initialise(std::uint64_t seed) = 0;
  /// Adds the loss's gradients to those of the parameters. Depends on nothing but the parameters, the batch,
  /// the seed and the step.
  virtual Figures backward(const Batch& batch, std::uint64_t seed, std::uint64_t step) = 0;
  /// Writes the model with these weights (like Parameters::values()), as its codec reads it.
  virtual void write(const std::filesystem::path& file, const at::Tensor& weights, const ModelForm& form,
                     std::map<std::string, std::string> metadata) const = 0;
};

}  // namespace mpq::train
