// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "train/bd_rate.h"

#include <algorithm>
#include <cmath>

namespace mpq::train {
namespace {

/// Of the parabola through three points at its first, unless it overshoots.
double end_slope(double width, double next_width, double rise, double next_rise) {
  const double slope = ((2 * width + next_width) * rise - width * next_rise) / (width + next_width);
  if (slope * rise <= 0) return 0;
  return rise * next_rise < 0 && std::abs(slope) > 3 * std::abs(rise) ? 3 * rise : slope;
}

/// Of Hermite's cubic on [0, 1] with these ends and derivatives, 0 at 0.
double antiderivative(double t, double y0, double y1, double m0, double m1) {
  const double a = 2 * y0 - 2 * y1 + m0 + m1, b = -3 * y0 + 3 * y1 - 2 * m0 - m1;
  return (((a / 4 * t + b / 3) * t + m0 / 2) * t + y0) * t;
}

/// The logarithm of the rate over the quality.
class Curve {
 public:
  explicit Curve(std::vector<Score> points) {
    std::erase_if(points, [](const Score& p) { return !std::isfinite(p.psnr) || !(p.rate > 0); });
    std::sort(points.begin(), points.end(), [](const Score& a, const Score& b) { return a.psnr < b.psnr; });
    for (const Score& point : points) {
      same_ = same_ || (!x_.empty() && x_.back() == point.psnr);
      x_.push_back(point.psnr);
      y_.push_back(std::log(point.rate));
    }
    if (usable()) find_slopes();
  }

  bool usable() const { return x_.size() >= 2 && !same_; }
  double low() const { return x_.front(); }
  double high() const { return x_.back(); }

  /// From `low` to `high`, both within the curve's.
  double integral(double low, double high) const {
    double total = 0;
    for (std::size_t i = 0; i + 1 < x_.size(); ++i) {
      const double begin = std::max(low, x_[i]), end = std::min(high, x_[i + 1]), w = width(i);
      if (begin >= end) continue;
      const auto to = [&](double x) {
        return antiderivative((x - x_[i]) / w, y_[i], y_[i + 1], w * slopes_[i], w * slopes_[i + 1]);
      };
      total += w * (to(end) - to(begin));
    }
    return total;
  }

 private:
  double width(std::size_t i) const { return x_[i + 1] - x_[i]; }
  double rise(std::size_t i) const { return (y_[i + 1] - y_[i]) / width(i); }

  double inner_slope(std::size_t i) const {
    const double left = rise(i - 1), right = rise(i), before = width(i - 1), after = width(i);
    if (left * right <= 0) return 0;
    return 3 * (before + after) / ((2 * after + before) / left + (after + 2 * before) / right);
  }

  void find_slopes() {
    const std::size_t last = x_.size() - 1;
    slopes_.assign(x_.size(), rise(0));
    if (last == 1) return;
    for (std::size_t i = 1; i < last; ++i) slopes_[i] = inner_slope(i);
    slopes_.front() = end_slope(width(0), width(1), rise(0), rise(1));
    slopes_.back() = end_slope(width(last - 1), width(last - 2), rise(last - 1), rise(last - 2));
  }

  std::vector<double> x_, y_, slopes_;
  bool same_ = false;  ///< two points of one quality
};

}  // namespace

std::optional<double> bd_rate(const std::vector<Score>& anchor, const std::vector<Score>& other) {
  const Curve a(anchor), b(other);
  if (!a.usable() || !b.usable()) return std::nullopt;
  const double low = std::max(a.low(), b.low()), high = std::min(a.high(), b.high());
  if (low >= high) return std::nullopt;
  return 100 * std::expm1((b.integral(low, high) - a.integral(low, high)) / (high - low));
}

}  // namespace mpq::train
