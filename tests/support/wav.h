// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Reads the 16-bit WAV files of the development data and of decoding tools.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace mpq::test {

/// The interleaved samples of a WAV file's `data` chunk; empty where there is none.
inline std::vector<std::int16_t> wav_samples(std::span<const std::uint8_t> file) {
  constexpr std::string_view name = "data";
  constexpr std::size_t riff_bytes = 12, chunk_head = 8;
  for (std::size_t at = riff_bytes; at + chunk_head <= file.size();) {
    const std::size_t size =
        file[at + 4] | file[at + 5] << 8 | file[at + 6] << 16 | std::size_t{file[at + 7]} << 24;
    const auto body = file.subspan(at + chunk_head);
    if (std::equal(name.begin(), name.end(), file.begin() + static_cast<std::ptrdiff_t>(at))) {
      std::vector<std::int16_t> samples(std::min(size, body.size()) / 2);
      for (std::size_t i = 0; i < samples.size(); ++i)
        samples[i] = static_cast<std::int16_t>(body[2 * i] | body[2 * i + 1] << 8);
      return samples;
    }
    at += chunk_head + size + size % 2;
  }
  return {};
}

}  // namespace mpq::test
