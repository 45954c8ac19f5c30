// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The layout of the exact networks from that of the reference.
#pragma once

#include <cstddef>
#include <vector>

namespace mpq::test {

/// [channels][height][width] as [height][width][channels].
inline std::vector<float> channels_last(const std::vector<float>& planes, int channels) {
  std::vector<float> result(planes.size());
  const std::size_t area = planes.size() / static_cast<std::size_t>(channels);
  for (std::size_t i = 0; i < planes.size(); ++i)
    result[i % area * static_cast<std::size_t>(channels) + i / area] = planes[i];
  return result;
}

}  // namespace mpq::test
