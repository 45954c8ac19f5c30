// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// What is compared at one layer: features normalised over the channels, their weighted squared difference.
// In one pass over memory each, which LibTorch's operators are not.
#include <cmath>

#include "metrics/lpips/network.h"

namespace mpq::lpips {
namespace {

constexpr float eps = 1e-10F;       // added to the norm itself, not below its root
constexpr std::int64_t some = 512;  // places that are worth a thread

at::Tensor places_of(const at::Tensor& x) {
  return at::empty({x.size(0), x.size(2), x.size(3)},
                   x.options().dtype(at::kFloat).memory_format(at::MemoryFormat::Contiguous));
}

template <class Value>
float inverse_norm(const Value* x, std::int64_t channels) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::int64_t c = 0; c < channels; ++c) {
    const auto value = static_cast<float>(x[c]);
    sum += value * value;
  }
  return 1 / (std::sqrt(sum) + eps);
}

template <class Value>
float difference(const Value* a, float a_scale, const Value* b, float b_scale, const float* weights,
                 std::int64_t channels) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::int64_t c = 0; c < channels; ++c) {
    const float d = static_cast<float>(a[c]) * a_scale - static_cast<float>(b[c]) * b_scale;
    sum += weights[c] * d * d;
  }
  return sum;
}

template <class Value>
void inverse_norms(const at::Tensor& x, float* out) {
  const Value* const values = x.data_ptr<Value>();
  const std::int64_t channels = x.size(1);
  at::parallel_for(0, x.numel() / channels, some, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) out[i] = inverse_norm(values + i * channels, channels);
  });
}

template <class Value>
void differences(const Tap& reference, const Tap& pictures, const at::Tensor& linear, float* out) {
  const Value* const a = reference.features.data_ptr<Value>();
  const Value* const b = pictures.features.data_ptr<Value>();
  const float* const a_scale = reference.scale.data_ptr<float>();
  const float* const b_scale = pictures.scale.data_ptr<float>();
  const float* const weights = linear.data_ptr<float>();
  const std::int64_t channels = linear.numel(), places = reference.scale.numel();
  at::parallel_for(0, pictures.scale.numel(), some, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t k = i % places;
      out[i] = difference(a + k * channels, a_scale[k], b + i * channels, b_scale[i], weights, channels);
    }
  });
}

}  // namespace

Tap make_tap(const at::Tensor& features) {
  if (!features.is_cpu()) return {features, 1 / (at::square(features.to(at::kFloat)).sum(1).sqrt() + eps)};
  Tap tap{features, places_of(features)};
  if (features.scalar_type() == at::kFloat)
    inverse_norms<float>(features, tap.scale.data_ptr<float>());
  else
    inverse_norms<at::BFloat16>(features, tap.scale.data_ptr<float>());
  return tap;
}

at::Tensor distances(const Tap& reference, const Tap& pictures, const at::Tensor& linear) {
  const at::Tensor& x = pictures.features;
  if (!x.is_cpu()) {
    const auto normalised = [](const Tap& tap) {
      return tap.features.to(at::kFloat) * tap.scale.unsqueeze(1);
    };
    return at::square(normalised(reference) - normalised(pictures)).mul(linear.view({1, -1, 1, 1})).sum(1);
  }
  const at::Tensor out = places_of(x);
  if (x.scalar_type() == at::kFloat)
    differences<float>(reference, pictures, linear, out.data_ptr<float>());
  else
    differences<at::BFloat16>(reference, pictures, linear, out.data_ptr<float>());
  return out;
}

}  // namespace mpq::lpips
