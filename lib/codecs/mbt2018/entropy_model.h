// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// What encoder and decoder of the MBT2018 family must both compute, exactly: from the hyper latents z and the
// latents decoded so far, the mean and the probability table of each next latent. No LibTorch.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "codecs/mbt2018/architecture.h"
#include "entropy/cdf_tables.h"
#include "entropy/exact_convolution.h"

namespace mpq::mbt2018 {

/// Tables of both kinds of symbols.
struct Tables {
  entropy::CdfTables hyper;                ///< a row for each channel of z
  entropy::CdfTables latents;              ///< a row for each scale
  std::vector<entropy::Fixed> medians;     ///< of z's channels
  std::vector<float> scales;               ///< of the latents' rows
  std::vector<entropy::Fixed> thresholds;  ///< the scales but the last, rounded down
};

/// Reads a model's tables. Throws Error(corrupt_data, unsupported).
Tables read_tables(const Model& model);

/// Immutable; all functions may be called from several threads at once.
class EntropyModel {
 public:
  /// Throws Error(corrupt_data, unsupported) for weights that cannot be used.
  explicit EntropyModel(const Model& model);

  const Architecture& architecture() const noexcept { return architecture_; }
  const Tables& tables() const noexcept { return tables_; }
  bool has_context() const noexcept { return architecture_.variant == Variant::mbt2018; }

  /// Of all that decoding depends on, the synthesis' weights too: two models with one hash give the same
  /// pictures.
  std::uint64_t hash() const noexcept { return hash_; }

  /// What the hyperprior says of each latent, [4 h][4 w], for z of [h][w][n]: scales and means (2 m) with
  /// means, else scales (m); with a context model, what that one goes on from (2 m).
  entropy::Map hyper_synthesis(const entropy::Map& z) const;

  /// Scales and means (2 m) of latents from the hyperprior's map and the latents before them. Keeps memory
  /// between calls; not thread-safe.
  class Context {
   public:
    explicit Context(const EntropyModel& model) : model_(model) {}

    /// For several positions of `latents` at once: [positions][2 m]. Of `latents` only what lies before each
    /// position, row by row, is read.
    const entropy::Map& predict(const entropy::Map& hyper, const entropy::Map& latents,
                                std::span<const entropy::Tap> positions);

   private:
    const entropy::Map& run(const entropy::ExactLayer& layer, entropy::Map* output);

    const EntropyModel& model_;
    entropy::Panel panel_;
    entropy::Map context_, first_, second_, result_;
    std::vector<entropy::Fixed*> outputs_;
  };

  /// The rows of the latents' tables for scales.
  void find_rows(std::span<const entropy::Fixed> scales, std::span<std::int32_t> rows) const;

 private:
  std::uint64_t compute_hash(const Model& model) const;

  Architecture architecture_;
  Tables tables_;
  entropy::Doubling up_[2];
  entropy::TapLayer hyper_, context_;
  entropy::ExactLayer parameters_[3];
  std::uint64_t hash_ = 0;
};

}  // namespace mpq::mbt2018
