// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>

#include "train/log.h"

namespace mpq::train {
namespace {

constexpr int left = 80, across = 640, panel = 170, gap = 50, top = 40;

struct Range {
  double low = std::numeric_limits<double>::infinity(), high = -low;

  void add(double value) {
    if (!std::isfinite(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  /// 0 at the low end, 1 at the high one.
  double place(double value) const { return high > low ? (value - low) / (high - low) : 0.5; }
};

struct Curve {
  const char* title;
  double LogRow::*value;
};

void draw(std::ostream& out, const std::vector<LogRow>& rows, const Curve& curve, int y) {
  Range range;
  // The first rows are far away from all others, which would be a line at the bottom.
  for (std::size_t i = rows.size() > 20 ? rows.size() / 20 : 0; i < rows.size(); ++i)
    range.add(rows[i].*curve.value);
  out << "<text x='" << left << "' y='" << y - 8 << "'>" << curve.title << "</text>\n<rect x='" << left
      << "' y='" << y << "' width='" << across << "' height='" << panel << "' fill='none' stroke='#999'/>\n";
  if (rows.empty() || !(range.low <= range.high)) return;
  const auto label = [&](double value, int at) {
    out << "<text x='" << left - 6 << "' y='" << at << "' text-anchor='end'>" << value << "</text>\n";
  };
  label(range.high, y + 12);
  label(range.low, y + panel);
  const double last = static_cast<double>(std::max<std::uint64_t>(rows.back().step, 1));
  out << "<polyline fill='none' stroke='#1f77b4' points='";
  for (const LogRow& row : rows) {
    if (!std::isfinite(row.*curve.value)) continue;
    const double share = std::clamp(range.place(row.*curve.value), 0.0, 1.0);
    out << left + across * static_cast<double>(row.step) / last << ',' << y + panel * (1 - share) << ' ';
  }
  out << "'/>\n";
}

}  // namespace

std::string plot_svg(const std::vector<LogRow>& rows) {
  constexpr Curve curves[] = {{"rate, bits a pixel", &LogRow::rate},
                              {"distortion, PSNR in dB", &LogRow::distortion},
                              {"loss", &LogRow::loss}};
  std::ostringstream out;
  out.precision(4);
  out << "<svg xmlns='http://www.w3.org/2000/svg' width='" << left + across + 40 << "' height='"
      << top + 3 * (panel + gap) << "' font-family='sans-serif' font-size='12'>\n"
      << "<rect width='100%' height='100%' fill='white'/>\n";
  int y = top;
  for (const Curve& curve : curves) {
    draw(out, rows, curve, y);
    y += panel + gap;
  }
  out << "<text x='" << left + across << "' y='" << y - gap + 18 << "' text-anchor='end'>"
      << (rows.empty() ? 0 : rows.back().step) << " steps</text>\n</svg>\n";
  return out.str();
}

}  // namespace mpq::train
