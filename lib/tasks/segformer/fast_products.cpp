// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// A block of sums stays in the registers: so many tokens times so many vectors of 16 outputs. For each pair
// of inputs a vector of weights is read once a block and a token's pair once a vector, so that the
// multipliers and not the loads are the limit.
#include <algorithm>

#include "tasks/segformer/fast_simd.h"

namespace mpq::segformer::fast {
namespace {

constexpr int group = 64;  // outputs whose weights are together, so that they stay in the first cache

}  // namespace

std::size_t Matrix::index(int input, int output) const {
  const int first = output / group * group, together = std::min(group, outputs - first);
  return static_cast<std::size_t>(first) * static_cast<std::size_t>(inputs) +
         static_cast<std::size_t>((input / 2 * together + output - first) * 2 + input % 2);
}

Linear::Linear(std::span<const float> weight, std::span<const float> bias, int outputs)
    : inputs_(round_up(static_cast<int>(weight.size()) / outputs, 2)),
      outputs_(round_up(outputs, lanes)),
      weights_(static_cast<std::size_t>(inputs_) * static_cast<std::size_t>(outputs_)),
      bias_(bias.begin(), bias.end()) {
  bias_.resize(static_cast<std::size_t>(outputs_));
  const int inputs = static_cast<int>(weight.size()) / outputs;
  const float* value = weight.data();
  for (int out = 0; out < outputs; ++out)
    for (int in = 0; in < inputs; ++in) weights_[matrix().index(in, out)] = to_bfloat16(*value++);
}

#ifdef MPQ_AVX512

namespace {

constexpr int block = 6;  // tokens that with four vectors of weights fill the 32 registers

template <int tokens, int width, class Out>
MPQ_INLINE void product_block(int inputs, const Value* weights, const float* bias, const Value* x,
                              std::ptrdiff_t x_step, Out* y, std::ptrdiff_t y_step) {
  Sums<tokens, width> sums;
#  pragma GCC unroll 8
  for (int v = 0; v < width; ++v) {
    const __m512 begin = bias != nullptr ? _mm512_loadu_ps(bias + v * lanes) : _mm512_setzero_ps();
#  pragma GCC unroll 8
    for (int i = 0; i < tokens; ++i) sums[i][v] = begin;
  }
  multiply<tokens, width>(sums, x, x_step, inputs / 2, weights, 2 * width * lanes);
#  pragma GCC unroll 8
  for (int i = 0; i < tokens; ++i)
#  pragma GCC unroll 8
    for (int v = 0; v < width; ++v) store(y + i * y_step + v * lanes, sums[i][v]);
}

template <int width, class Out>
MPQ_TARGET void product_group(int inputs, const Value* weights, const float* bias, const Value* x,
                              std::ptrdiff_t x_step, int count, Out* y, std::ptrdiff_t y_step) {
  int i = 0;
  for (; i + block <= count; i += block)
    product_block<block, width>(inputs, weights, bias, x + i * x_step, x_step, y + i * y_step, y_step);
  for (; i + 2 <= count; i += 2)
    product_block<2, width>(inputs, weights, bias, x + i * x_step, x_step, y + i * y_step, y_step);
  if (i < count)
    product_block<1, width>(inputs, weights, bias, x + i * x_step, x_step, y + i * y_step, y_step);
}

template <class Out>
void product_all(const Matrix& m, const Value* x, std::ptrdiff_t x_step, int count, Out* y,
                 std::ptrdiff_t y_step) {
  for (int first = 0; first < m.outputs; first += group) {
    const Value* const weights = m.weights + std::ptrdiff_t{first} * m.inputs;
    const float* const bias = m.bias != nullptr ? m.bias + first : nullptr;
    const auto run = [&](auto function) {
      function(m.inputs, weights, bias, x, x_step, count, y + first, y_step);
    };
    switch (std::min(group, m.outputs - first) / lanes) {
      case 1:
        run(product_group<1, Out>);
        break;
      case 2:
        run(product_group<2, Out>);
        break;
      case 3:
        run(product_group<3, Out>);
        break;
      default:
        run(product_group<4, Out>);
    }
  }
}

}  // namespace

void product(const Matrix& m, const Value* x, std::ptrdiff_t x_step, int count, float* y,
             std::ptrdiff_t y_step) {
  product_all(m, x, x_step, count, y, y_step);
}
void product(const Matrix& m, const Value* x, std::ptrdiff_t x_step, int count, Value* y,
             std::ptrdiff_t y_step) {
  product_all(m, x, x_step, count, y, y_step);
}

#else

void product(const Matrix&, const Value*, std::ptrdiff_t, int, float*, std::ptrdiff_t) {}
void product(const Matrix&, const Value*, std::ptrdiff_t, int, Value*, std::ptrdiff_t) {}

#endif

}  // namespace mpq::segformer::fast
