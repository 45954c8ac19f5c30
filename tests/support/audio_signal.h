// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Synthetic audio with a known value at every instant, so that it can be had at any rate, and the lag at
// which a decoded signal fits it best.
#pragma once

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <numbers>
#include <random>
#include <vector>

namespace mpq::test {

/// `frames` of interleaved audio: in each channel 40 tones of random frequency (200 to 1500 Hz) and phase,
/// another set a channel, peak about 0.5. Sampled at other rates it is the same signal.
inline std::vector<float> tones(std::size_t frames, int channels, int rate, unsigned seed = 1) {
  constexpr int count = 40;
  std::vector<float> audio(frames * static_cast<std::size_t>(channels));
  for (int channel = 0; channel < channels; ++channel) {
    std::mt19937 random(seed * 100 + static_cast<unsigned>(channel));
    std::uniform_real_distribution<double> frequency(200, 1500), phase(0, 2 * std::numbers::pi);
    for (int tone = 0; tone < count; ++tone) {
      const std::complex<double> step = std::polar(1.0, 2 * std::numbers::pi * frequency(random) / rate);
      std::complex<double> phasor = std::polar(0.04, phase(random));
      for (auto i = static_cast<std::size_t>(channel); i < audio.size();
           i += static_cast<std::size_t>(channels)) {
        audio[i] += static_cast<float>(phasor.imag());
        phasor *= step;
      }
    }
  }
  return audio;
}

inline std::vector<std::int16_t> to_s16(const std::vector<float>& audio) {
  std::vector<std::int16_t> out(audio.size());
  std::transform(audio.begin(), audio.end(), out.begin(), [](float x) {
    return static_cast<std::int16_t>(std::lrint(std::clamp(x, -1.0f, 1.0f) * 32767.0f));
  });
  return out;
}

/// One channel of interleaved audio.
inline std::vector<float> channel_of(const std::vector<float>& audio, int channels, int channel) {
  std::vector<float> out;
  for (auto i = static_cast<std::size_t>(channel); i < audio.size(); i += static_cast<std::size_t>(channels))
    out.push_back(audio[i]);
  return out;
}

/// Normalized correlation of `b` delayed by `lag` with `a`; 1 where they are proportional.
inline double correlation(const std::vector<float>& a, const std::vector<float>& b, int lag) {
  double ab = 0, aa = 0, bb = 0;
  const auto size = static_cast<std::ptrdiff_t>(std::min(a.size(), b.size()));
  for (std::ptrdiff_t i = std::max(0, -lag); i < size && i + lag < size; ++i) {
    const double x = a[static_cast<std::size_t>(i)], y = b[static_cast<std::size_t>(i + lag)];
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return aa > 0 && bb > 0 ? ab / std::sqrt(aa * bb) : 0;
}

/// The delay of `b` against `a`, in samples from -reach to reach, at which they correlate most.
inline int best_lag(const std::vector<float>& a, const std::vector<float>& b, int reach = 40) {
  int best = -reach;
  double most = -2;
  for (int lag = -reach; lag <= reach; ++lag) {
    const double value = correlation(a, b, lag);
    if (value > most) most = value, best = lag;
  }
  return best;
}

}  // namespace mpq::test
