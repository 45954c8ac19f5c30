// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Which network of the MBT2018 family a checkpoint holds, and its tensors by one set of names: those that the
// current CompressAI gives them (g_a.0.weight, entropy_bottleneck.matrices.0,
// gaussian_conditional.scale_table). The networks: Minnen, Balle, Toderici, "Joint Autoregressive and
// Hierarchical Priors for Learned Image Compression" (2018), and Balle et al., "Variational Image Compression
// with a Scale Hyperprior" (2018).
#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "checkpoint/binding.h"

namespace mpq::mbt2018 {

enum class Variant {
  mbt2018,     ///< hyperprior and context model give means and scales (mbt2018-nano too)
  mean,        ///< the hyperprior alone gives means and scales
  hyperprior,  ///< the hyperprior gives scales; there are no means
};

/// "mbt2018", "mbt2018-mean", "bmshj2018-hyperprior": as CompressAI calls them.
const char* name(Variant variant);

/// mbt2018-nano, networks of mpq's own in the place of the published ones, with the same context model and
/// coder. The transforms (g_a, g_s) are a linear one of blocks of 16x16 pixels, and what a residual network
/// adds to it. With x from -1/2 to 1/2, activations leaky ReLUs of slope 0.1, a block
/// B(x) = x + mix(u sigmoid(v)) with (u, v) = gate(x), and layers named as their tensors:
///   y = linear(x) + out(B...(act(down(B...(act(patch(x))))))) g_a.{linear,patch,wide,down,deep,out} x =
///   linear(y) + patch(B...(act(up(B...(act(in(y)))))))                g_s.{linear,in,deep,up,wide,patch}
/// linear is a convolution 16x16 of stride 16, patch 8x8 of stride 8, down 2x2 of stride 2, out 1x1, gate 3x3
/// to twice the channels, mix 1x1; in g_s linear, patch and up are the transposed ones. The layers of h_s,
/// context_prediction and entropy_parameters are the published ones but for their channels.
struct Nano {
  int wide = 0, wide_blocks = 0;  ///< channels and blocks at an eighth of the picture's width and height
  int deep = 0, deep_blocks = 0;  ///< at a sixteenth
  int hyper = 0;                  ///< channels that every layer of h_s gives
  int context = 0;                ///< that context_prediction gives
  int parameters = 0;             ///< that entropy_parameters.0 and .2 give

  bool operator==(const Nano&) const = default;
};

struct Architecture {
  Variant variant = Variant::mbt2018;
  int n = 0;       ///< channels of the hidden layers and of z
  int m = 0;       ///< channels of the latents y
  int levels = 0;  ///< rates that it was trained for, or 0: one, and no gains (gains.h)
  std::optional<Nano> nano = std::nullopt;  ///< or the published networks

  bool operator==(const Architecture&) const = default;
};

/// Pixels of the picture along a value of y, and of z.
constexpr int latent_stride = 16, hyper_stride = 64;

/// Cheap to copy; the file stays open as long as one copy lives. Of the constants that files keep beside the
/// weights, GDN's pedestals and bounds are bound (g_a.1.beta_reparam.lower_bound.bound), others are not: the
/// context model's mask is always of type A (a weight counts in rows 0 and 1, and in columns 0 and 1 of
/// row 2), a scale is at least 0.11, a likelihood at least 1e-9.
struct Model {
  Architecture architecture;
  checkpoint::Binding weights;
  /// False where the model was saved before update(): the tables (_quantized_cdf, _cdf_length, _offset,
  /// scale_table) have the shape [0] then.
  bool has_tables = false;
};

/// Opens a checkpoint in any of the formats and spellings (parameters of the bottleneck as `matrices.0`,
/// `_matrices.0` or `_matrix0`; `module.` and `state_dict.` before all names, with what a training program
/// keeps beside these). Throws what checkpoint::open throws; Error(mismatch) for another network's weights
/// and for tensors that are missing, unexpected or of another shape.
Model open(const std::filesystem::path& path);

/// The same for a checkpoint that is open.
Model fit(std::shared_ptr<const checkpoint::Checkpoint> file);

}  // namespace mpq::mbt2018
