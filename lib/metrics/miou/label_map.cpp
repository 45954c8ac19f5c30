// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "metrics/miou/label_map.h"

namespace mpq::miou {

void read_row(const LabelMap& map, int y, std::span<std::uint16_t> classes) {
  const std::uint8_t* const row = map.data + map.stride * y;
  switch (map.coding) {
    case Coding::index8:
      for (std::size_t x = 0; x < classes.size(); ++x) classes[x] = row[x];
      break;
    case Coding::index16:
      for (std::size_t x = 0; x < classes.size(); ++x)
        classes[x] = static_cast<std::uint16_t>(row[2 * x] | row[2 * x + 1] << 8);
      break;
    case Coding::ade20k:
      for (std::size_t x = 0; x < classes.size(); ++x) classes[x] = ade20k_class(row[3 * x], row[3 * x + 1]);
      break;
  }
}

}  // namespace mpq::miou
