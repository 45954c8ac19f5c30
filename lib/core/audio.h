// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Non-owning views of interleaved audio, as the audio codecs read and write it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mpq {

enum class SampleFormat {
  s16,  ///< native-endian 16-bit integers, full scale 32768
  f32,  ///< native-endian 32-bit floats, full scale 1.0
};

constexpr std::size_t sample_size(SampleFormat f) {
  return f == SampleFormat::s16 ? 2 : 4;
}

/// `frames` time steps of `channels` interleaved samples each. Does not own its memory.
struct AudioView {
  SampleFormat format = SampleFormat::s16;
  int channels = 1;
  const void* data = nullptr;
  std::size_t frames = 0;

  std::size_t bytes() const { return frames * static_cast<std::size_t>(channels) * sample_size(format); }
};

}  // namespace mpq
