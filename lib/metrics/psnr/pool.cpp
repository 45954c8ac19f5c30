// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// From squared errors to scores of frames, and from frames to a stream.
#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.h"
#include "core/text.h"
#include "metrics/psnr/psnr.h"

namespace mpq::psnr {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

SquaredError total(const SquaredErrors& errors, int components) {
  SquaredError all;
  for (int i = 0; i < components; ++i) all += errors[i];
  return all;
}

}  // namespace

SquaredError& SquaredError::operator+=(const SquaredError& other) {
  sum += other.sum;
  samples += other.samples;
  non_finite += other.non_finite;
  return *this;
}

double SquaredError::mse() const {
  return samples == 0 ? nan : sum / static_cast<double>(samples);
}

FrameScore score(const SquaredErrors& errors, int components, double peak) {
  if (components < 0 || components > 3 || !(peak > 0)) {
    throw Error(ErrorCode::invalid_argument,
                text("cannot score ", components, " components with a peak of ", peak));
  }
  const SquaredError all = total(errors, components);
  FrameScore frame;
  frame.mse = all.mse();
  frame.psnr = psnr_db(frame.mse, peak);
  for (int i = 0; i < 3; ++i) {
    frame.component_mse[i] = i < components ? errors[i].mse() : nan;
    frame.component_psnr[i] = psnr_db(frame.component_mse[i], peak);
  }
  frame.components = components;
  frame.peak = peak;
  frame.identical = all.samples > 0 && all.sum == 0 && all.non_finite == 0;
  frame.non_finite = all.non_finite;
  return frame;
}

void Pool::Series::add(double psnr, const SquaredError& e) {
  error += e;
  if (e.samples == 0) return;
  if (e.sum == 0) {
    ++identical;
  } else {
    ++finite;
    psnr_sum += psnr;
  }
}

PooledScore Pool::Series::pooled(double peak) const {
  PooledScore score;
  score.identical_frames = identical;
  score.mean_psnr = finite > 0 ? psnr_sum / static_cast<double>(finite) : identical > 0 ? infinity : nan;
  score.mse = error.mse();
  score.psnr_of_mse = psnr_db(score.mse, peak);
  return score;
}

void Pool::add(const FrameScore& frame, const SquaredErrors& errors) {
  if (frames_ > 0 && frame.peak != peak_) {
    const double ratio = frame.peak / peak_;
    all_.error.sum *= ratio * ratio;
    for (Series& series : component_) series.error.sum *= ratio * ratio;
  }
  peak_ = frame.peak;
  ++frames_;
  non_finite_ += frame.non_finite;
  components_ = std::max(components_, frame.components);
  all_.add(frame.psnr, total(errors, frame.components));
  for (int i = 0; i < frame.components; ++i) component_[i].add(frame.component_psnr[i], errors[i]);
}

PooledScores Pool::pooled() const {
  PooledScores scores;
  scores.frames = frames_;
  scores.non_finite = non_finite_;
  scores.components = components_;
  scores.all = all_.pooled(peak_);
  for (std::size_t i = 0; i < 3; ++i) scores.component[i] = component_[i].pooled(peak_);
  return scores;
}

}  // namespace mpq::psnr
