// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// What a transformer over pictures computes, in bfloat16 for processors with AVX-512 BF16: products, layer
// norms, softmax, and the mixing of neighbours, each on as few tokens as the caches hold, so that what lies
// between them is never in memory as a whole. Values are bfloat16, a std::uint16_t each; sums are float32.
// Features of a token are together, in multiples of 16. All functions may be called from several threads at
// once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace mpq::segformer::fast {

using Value = std::uint16_t;

/// Whether this processor has them.
bool available();

constexpr int lanes = 16;  ///< features that are computed together

/// The smallest multiple of `of` that is not less.
constexpr int round_up(int count, int of) {
  return (count + of - 1) / of * of;
}

/// A matrix in the order that product() reads it in.
struct Matrix {
  int inputs = 0;   ///< even
  int outputs = 0;  ///< a multiple of 16
  const Value* weights = nullptr;
  const float* bias = nullptr;  ///< [outputs], or null

  /// Where the weight of an input and an output is among inputs * outputs.
  std::size_t index(int input, int output) const;
};

/// A matrix that keeps its values.
class Linear {
 public:
  Linear() = default;
  /// `weight` is [outputs, inputs]; `bias` [outputs], or empty. Zeros fill it up to what a Matrix may be.
  Linear(std::span<const float> weight, std::span<const float> bias, int outputs);

  Matrix matrix() const { return {inputs_, outputs_, weights_.data(), bias_.data()}; }
  int inputs() const { return inputs_; }
  int outputs() const { return outputs_; }

 private:
  int inputs_ = 0, outputs_ = 0;
  std::vector<Value> weights_;
  std::vector<float> bias_;
};

/// Of `count` tokens, `x_step` values from one to the next; `y` has `y_step` from one's outputs to the
/// next's.
void product(const Matrix& matrix, const Value* x, std::ptrdiff_t x_step, int count, float* y,
             std::ptrdiff_t y_step);
void product(const Matrix& matrix, const Value* x, std::ptrdiff_t x_step, int count, Value* y,
             std::ptrdiff_t y_step);

struct Norm {
  std::vector<float> weight, bias;

  int features() const { return static_cast<int>(weight.size()); }
};

/// Layer norm of `count` tokens, one after the other. `x` and `y` may be the same.
void normalise(const Norm& norm, const float* x, int count, float* y);
void normalise(const Norm& norm, const float* x, int count, Value* y);

/// x += y.
void add(const float* y, std::ptrdiff_t count, float* x);
/// `count` values, a multiple of 16.
void convert(const float* x, std::ptrdiff_t count, Value* y);
/// y = scale * x.
void scale(const float* x, float scale, int count, Value* y);

/// 2 to the power of each of `count` scores, less the largest of them; the rest up to `room`, a multiple of
/// 16, are zeros. Returns the inverse of their sum.
float softmax2(const float* scores, int count, int room, Value* y);

/// A 3x3 convolution of each feature alone, and the exact GELU (its erf: Abramowitz and Stegun, 7.1.26,
/// within 1.5e-7) after it.
struct Mix {
  /// `weights` is [features, 3, 3].
  Mix(std::span<const float> weights, std::span<const float> biases);

  int features;
  std::vector<float> weight;  ///< [3, 3, features]
  std::vector<float> bias;
};

/// `count` tokens of a row, of three rows; the first is between the first and the third token of each.
void mix(const Mix& layer, const Value* const rows[3], int count, Value* y);

/// y = top + weight * (bottom - top).
void blend(const float* top, const float* bottom, float weight, std::ptrdiff_t count, float* y);
/// sum += left + weight * (right - left).
void add_blend(const float* left, const float* right, float weight, int count, float* sum);
/// max(x, 0).
void rectify(const float* x, std::ptrdiff_t count, Value* y);

}  // namespace mpq::segformer::fast
