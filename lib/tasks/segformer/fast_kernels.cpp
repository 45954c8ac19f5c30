// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "tasks/segformer/fast_kernels.h"

#include <cmath>

#include "tasks/segformer/fast_simd.h"

namespace mpq::segformer::fast {

Mix::Mix(std::span<const float> weights, std::span<const float> biases)
    : features(static_cast<int>(biases.size())), weight(weights.size()), bias(biases.begin(), biases.end()) {
  for (std::size_t c = 0; c < biases.size(); ++c)
    for (std::size_t i = 0; i < 9; ++i) weight[i * biases.size() + c] = weights[c * 9 + i];
}

#ifdef MPQ_AVX512

namespace {

template <class Out>
MPQ_TARGET void normalise_all(const Norm& norm, const float* x, int count, Out* y) {
  const int n = norm.features();
  const float inverse = 1.0F / static_cast<float>(n);
  for (int i = 0; i < count; ++i, x += n, y += n) {
    __m512 sum = _mm512_setzero_ps(), squares = _mm512_setzero_ps();
    for (int c = 0; c < n; c += lanes) sum = _mm512_add_ps(sum, _mm512_loadu_ps(x + c));
    const __m512 mean = _mm512_set1_ps(_mm512_reduce_add_ps(sum) * inverse);
    for (int c = 0; c < n; c += lanes) {
      const __m512 d = _mm512_sub_ps(_mm512_loadu_ps(x + c), mean);
      squares = _mm512_fmadd_ps(d, d, squares);
    }
    const __m512 factor = _mm512_set1_ps(1 / std::sqrt(_mm512_reduce_add_ps(squares) * inverse + 1e-5F));
    for (int c = 0; c < n; c += lanes) {
      const __m512 d = _mm512_mul_ps(_mm512_sub_ps(_mm512_loadu_ps(x + c), mean), factor);
      store(y + c, _mm512_fmadd_ps(d, _mm512_loadu_ps(norm.weight.data() + c),
                                   _mm512_loadu_ps(norm.bias.data() + c)));
    }
  }
}

/// 2^x for x <= 0, within a relative 3e-6: bfloat16 keeps a thousandth of that.
MPQ_INLINE __m512 power_of_two(__m512 x) {
  const __m512 whole = _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  const __m512 part = _mm512_sub_ps(x, whole);
  __m512 sum = _mm512_set1_ps(1.3333558e-3F);  // of the Taylor series
  for (const float factor : {9.6181291e-3F, 5.5504109e-2F, 2.4022651e-1F, 6.9314718e-1F, 1.0F})
    sum = _mm512_fmadd_ps(sum, part, _mm512_set1_ps(factor));
  return _mm512_scalef_ps(sum, whole);
}

MPQ_INLINE __m512 gelu(__m512 x) {
  const __m512 size = _mm512_abs_ps(x);
  const __m512 t_inverse = _mm512_fmadd_ps(size, _mm512_set1_ps(0.3275911F * 0.70710678F), _mm512_set1_ps(1));
  __m512 t = _mm512_rcp14_ps(t_inverse);
  t = _mm512_mul_ps(t, _mm512_fnmadd_ps(t, t_inverse, _mm512_set1_ps(2)));
  __m512 sum = _mm512_set1_ps(1.061405429F);
  for (const float factor : {-1.453152027F, 1.421413741F, -0.284496736F, 0.254829592F})
    sum = _mm512_fmadd_ps(sum, t, _mm512_set1_ps(factor));
  // 1 - erf(|x| / sqrt(2))
  const __m512 rest = _mm512_mul_ps(
      _mm512_mul_ps(sum, t), power_of_two(_mm512_mul_ps(_mm512_mul_ps(x, x), _mm512_set1_ps(-0.72134752F))));
  // x / 2 * (1 + erf(x / sqrt(2))) = max(x, 0) - |x| / 2 * rest
  return _mm512_fnmadd_ps(_mm512_mul_ps(size, _mm512_set1_ps(0.5F)), rest,
                          _mm512_max_ps(x, _mm512_setzero_ps()));
}

/// Sixteen features, whose weights and last two columns stay in registers.
MPQ_TARGET void mix16(const Mix& layer, int feature, const Value* const rows[3], int count, Value* y) {
  const std::ptrdiff_t n = layer.features;
  __m512 weight[9], left[3], middle[3];
#  pragma GCC unroll 9
  for (int i = 0; i < 9; ++i) weight[i] = _mm512_loadu_ps(layer.weight.data() + i * n + feature);
  const __m512 bias = _mm512_loadu_ps(layer.bias.data() + feature);
#  pragma GCC unroll 3
  for (int r = 0; r < 3; ++r) {
    left[r] = load16(rows[r] + feature);
    middle[r] = load16(rows[r] + n + feature);
  }
  for (std::ptrdiff_t i = 0; i < count; ++i) {
    __m512 sum = bias;
#  pragma GCC unroll 3
    for (int r = 0; r < 3; ++r) {
      const __m512 right = load16(rows[r] + (i + 2) * n + feature);
      sum = _mm512_fmadd_ps(left[r], weight[3 * r], sum);
      sum = _mm512_fmadd_ps(middle[r], weight[3 * r + 1], sum);
      sum = _mm512_fmadd_ps(right, weight[3 * r + 2], sum);
      left[r] = middle[r];
      middle[r] = right;
    }
    store16(y + i * n + feature, gelu(sum));
  }
}

}  // namespace

bool available() {
  return nn::avx512::available();
}

void normalise(const Norm& norm, const float* x, int count, float* y) {
  normalise_all(norm, x, count, y);
}
void normalise(const Norm& norm, const float* x, int count, Value* y) {
  normalise_all(norm, x, count, y);
}

MPQ_TARGET void add(const float* y, std::ptrdiff_t count, float* x) {
  for (std::ptrdiff_t i = 0; i < count; i += lanes)
    _mm512_storeu_ps(x + i, _mm512_add_ps(_mm512_loadu_ps(x + i), _mm512_loadu_ps(y + i)));
}

MPQ_TARGET void convert(const float* x, std::ptrdiff_t count, Value* y) {
  for (std::ptrdiff_t i = 0; i < count; i += lanes) store16(y + i, _mm512_loadu_ps(x + i));
}

MPQ_TARGET void scale(const float* x, float factor, int count, Value* y) {
  for (int i = 0; i < count; i += lanes)
    store16(y + i, _mm512_mul_ps(_mm512_loadu_ps(x + i), _mm512_set1_ps(factor)));
}

MPQ_TARGET float softmax2(const float* scores, int count, int room, Value* y) {
  const int whole = count / lanes * lanes;
  const auto last = static_cast<__mmask16>((1U << (count - whole)) - 1);
  __m512 most = _mm512_set1_ps(-INFINITY), sum = _mm512_setzero_ps();
  for (int i = 0; i < whole; i += lanes) most = _mm512_max_ps(most, _mm512_loadu_ps(scores + i));
  if (last != 0) most = _mm512_mask_max_ps(most, last, most, _mm512_maskz_loadu_ps(last, scores + whole));
  most = _mm512_set1_ps(_mm512_reduce_max_ps(most));
  for (int i = 0; i < room; i += lanes) {
    const auto mask = i < whole    ? static_cast<__mmask16>(0xFFFF)
                      : i == whole ? last
                                   : static_cast<__mmask16>(0);
    const __m512 power =
        _mm512_maskz_mov_ps(mask, power_of_two(_mm512_sub_ps(_mm512_maskz_loadu_ps(mask, scores + i), most)));
    sum = _mm512_add_ps(sum, power);
    store16(y + i, power);
  }
  return 1 / _mm512_reduce_add_ps(sum);
}

void mix(const Mix& layer, const Value* const rows[3], int count, Value* y) {
  for (int feature = 0; feature < layer.features; feature += lanes) mix16(layer, feature, rows, count, y);
}

MPQ_TARGET void blend(const float* top, const float* bottom, float weight, std::ptrdiff_t count, float* y) {
  const __m512 w = _mm512_set1_ps(weight);
  for (std::ptrdiff_t i = 0; i < count; i += lanes) {
    const __m512 a = _mm512_loadu_ps(top + i);
    _mm512_storeu_ps(y + i, _mm512_fmadd_ps(w, _mm512_sub_ps(_mm512_loadu_ps(bottom + i), a), a));
  }
}

MPQ_TARGET void add_blend(const float* left, const float* right, float weight, int count, float* sum) {
  const __m512 w = _mm512_set1_ps(weight);
  for (int i = 0; i < count; i += lanes) {
    const __m512 a = _mm512_loadu_ps(left + i), s = _mm512_add_ps(_mm512_loadu_ps(sum + i), a);
    _mm512_storeu_ps(sum + i, _mm512_fmadd_ps(w, _mm512_sub_ps(_mm512_loadu_ps(right + i), a), s));
  }
}

MPQ_TARGET void rectify(const float* x, std::ptrdiff_t count, Value* y) {
  for (std::ptrdiff_t i = 0; i < count; i += lanes)
    store16(y + i, _mm512_max_ps(_mm512_loadu_ps(x + i), _mm512_setzero_ps()));
}

#else

bool available() {
  return false;
}
void normalise(const Norm&, const float*, int, float*) {}
void normalise(const Norm&, const float*, int, Value*) {}
void add(const float*, std::ptrdiff_t, float*) {}
void convert(const float*, std::ptrdiff_t, Value*) {}
void scale(const float*, float, int, Value*) {}
float softmax2(const float*, int, int, Value*) {
  return 0;
}
void mix(const Mix&, const Value* const[3], int, Value*) {}
void blend(const float*, const float*, float, std::ptrdiff_t, float*) {}
void add_blend(const float*, const float*, float, int, float*) {}
void rectify(const float*, std::ptrdiff_t, Value*) {}

#endif

}  // namespace mpq::segformer::fast
