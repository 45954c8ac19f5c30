// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "codecs/mbt2018/rate_control.h"

#include <algorithm>
#include <cmath>

namespace mpq::mbt2018 {
namespace {

/// Before any frame is known: a quarter of a bit a pixel in the middle, and ten times as much at the highest
/// quality as at the lowest, as mbt2018-nano has it.
const double first_size = std::log(0.25), first_range = std::log(10.0);

/// A debt is paid back within about this time. Of what is out of the rate's reach no more is kept in mind
/// than these seconds of it: what was spent too much, and what was saved, which would come in one burst.
constexpr double pay_back_seconds = 0.5, most_debt_seconds = 1, most_saved_seconds = 0.25;
/// Of the rate's share of a frame.
constexpr double least_share = 0.1, most_share = 4;
/// Of the logarithm: what differs more from what was expected is another scene, unless a slope that is wrong
/// by this share explains it.
constexpr double scene_change = 0.35, slope_error = 0.5;
constexpr double forgetting = 0.95;
/// Weight of the slope of before, in squares of the whole range of qualities.
constexpr double trust = 0.02;

}  // namespace

RateControl::RateControl(int highest)
    : highest_(highest),
      intercept_(first_size - first_range / 2),
      slope_(first_range / highest),
      products_(trust * first_range * highest),
      squares_(trust * highest * highest) {}

double RateControl::expected_bits(double quality, double pixels) const {
  return pixels * std::exp(intercept_ + slope_ * quality);
}

int RateControl::choose(const Frame& frame) {
  const std::lock_guard lock(mutex_);
  second_ = frame.bits_per_second;
  const double allowed = frame.bits_per_second * frame.seconds;
  double debt = debt_;
  for (const Pending& p : pending_) debt += expected_bits(p.quality, p.pixels) - p.allowed;
  const double paid = debt * std::min(1.0, frame.seconds / pay_back_seconds);
  const double bits = std::clamp(allowed - paid, least_share * allowed, most_share * allowed);
  const double wanted = (std::log(bits / frame.pixels) - intercept_) / slope_;
  const int quality = static_cast<int>(std::lround(std::clamp(wanted, 0.0, static_cast<double>(highest_))));
  pending_.push_back({static_cast<double>(quality), frame.pixels, allowed});
  return quality;
}

void RateControl::coded(double bits) {
  const std::lock_guard lock(mutex_);
  if (pending_.empty()) return;
  const Pending frame = pending_.front();
  pending_.pop_front();
  debt_ =
      std::clamp(debt_ + bits - frame.allowed, -most_saved_seconds * second_, most_debt_seconds * second_);
  learn(frame.quality, std::log(std::max(bits, 1.0) / frame.pixels));
}

void RateControl::learn(double quality, double log_size) {
  const double error = log_size - (intercept_ + slope_ * quality);
  const double across = quality - last_quality_, up = log_size - last_size_;
  if (!learned_ || std::abs(error) > scene_change + slope_error * std::abs(slope_ * across)) {
    intercept_ = log_size - slope_ * quality;
  } else {
    const double usual = first_range / highest_, weight = trust * highest_ * highest_, before = slope_;
    // What is forgotten of the frames gives way to what was known before the first.
    products_ = forgetting * products_ + (1 - forgetting) * weight * usual + across * up;
    squares_ = forgetting * squares_ + (1 - forgetting) * weight + across * across;
    slope_ = std::clamp(products_ / squares_, usual / 3, usual * 3);
    intercept_ += (before - slope_) * last_quality_;  // the line turns about the last frame
    intercept_ += 0.5 * (log_size - slope_ * quality - intercept_);
  }
  last_quality_ = quality;
  last_size_ = log_size;
  learned_ = true;
}

}  // namespace mpq::mbt2018
