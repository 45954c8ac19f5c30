// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The entropy model in plain float32, as the reference implementation computes it: for tests, for comparison,
// and for the reference's own files. Its last digits differ from machine to machine, and so may what is made
// of them.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "checkpoint/binding.h"
#include "codecs/mbt2018/architecture.h"
#include "codecs/mbt2018/transforms.h"

namespace mpq::mbt2018 {

/// Immutable; all functions may be called from several threads at once.
class Reference {
 public:
  /// On the CPU. Throws what reading the checkpoint throws.
  static std::shared_ptr<const Reference> load(const checkpoint::Binding& weights,
                                               const Architecture& architecture, int threads = 0);

  /// All arrays are row-major, channels last: [H/16][W/16][M] where nothing else is said.
  struct Estimate {
    std::vector<float> z_hat;  ///< [H/64][W/64][N]: whole numbers above or below the medians
    std::vector<float> hyper;  ///< what h_s makes, [H/16][W/16][2M], or [M] of bmshj2018-hyperprior
    std::vector<float>
        context;                ///< what the context model makes, [H/16][W/16][2M]; mbt2018's forward() alone
    std::vector<float> scales;  ///< before their lower bound of 0.11
    std::vector<float> means;   ///< zeros of bmshj2018-hyperprior
    std::vector<float> y_hat;   ///< what the synthesis is given
    std::vector<float> y_likelihoods;
    double y_bits = 0, z_bits = 0;  ///< sums of -log2 of the likelihoods
  };

  /// The estimate that training uses: mbt2018's context is y rounded without means, all at once. `y` and `z`
  /// are what Transforms::analyse() gives for a picture of this size.
  /// Throws Error(invalid_argument) where their number is another.
  Estimate forward(std::span<const float> y, std::span<const float> z, const LatentSize& size) const;

  /// What a coder codes: mbt2018's context is what was coded before, latent by latent. Otherwise forward().
  Estimate compress(std::span<const float> y, std::span<const float> z, const LatentSize& size) const;

  /// Codes latents that lie together: `latents` holds the unquantised ones where they are known, and is to
  /// get the quantised ones. Arrays are [places][M].
  using Code = std::function<void(std::span<const float> scales, std::span<const float> means,
                                  std::span<float> latents)>;

  /// The order in which the reference codes latents: place by place, row by row, with a context model, and
  /// otherwise all at once. `z_symbols` is [H/64][W/64][N], whole numbers above or below the medians; `y` are
  /// the latents, or zeros. Returns the quantised ones, [H/16][W/16][M]. Throws what `code` throws.
  std::vector<float> code(std::span<const float> y, std::span<const float> z_symbols, const LatentSize& size,
                          const Code& code) const;

  /// Of z's channels.
  std::vector<float> medians() const;

  struct Layers;
  explicit Reference(std::unique_ptr<const Layers> layers);
  ~Reference();
  Reference(const Reference&) = delete;
  Reference& operator=(const Reference&) = delete;

 private:
  template <class Function>
  Estimate estimate(std::span<const float> y, std::span<const float> z, const LatentSize& size,
                    const Function& parameters) const;

  std::unique_ptr<const Layers> layers_;
};

}  // namespace mpq::mbt2018
