// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Peak signal-to-noise ratio of pictures and audio: 10 log10(peak^2 / MSE), where the mean squared error is
// taken over all samples of all components together (it is not a mean of the components' ratios).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace mpq::psnr {

/// One component of a picture: Y, U, V, R, G, B or gray. Does not own its samples. A sample is one byte where
/// the picture's depth is 8, and two native-endian bytes with the value in the low bits where it is 9 to 16.
struct Component {
  const void* data = nullptr;
  std::ptrdiff_t row_stride = 0;    ///< bytes from a row to the next; may be negative
  std::ptrdiff_t pixel_stride = 1;  ///< bytes from a sample to the next of its row
  int width = 0;                    ///< samples a row, >= 1
  int height = 0;                   ///< rows, >= 1; width * height <= 2^31
};

/// A picture of up to three components; alpha is no component, callers leave it out.
struct Picture {
  int component_count = 0;  ///< 1 to 3
  int depth = 8;            ///< bits a sample, 8 to 16
  std::array<Component, 3> components{};

  double peak() const { return static_cast<double>((1 << depth) - 1); }
};

/// Sum of squared differences. Integer samples (pictures and s16 audio) are summed exactly, so `sum` is the
/// exact sum rounded once to double. Pairs of float samples whose squared difference is not finite (one of
/// them is NaN or infinite) are left out of `sum` and `samples` and counted in `non_finite`.
struct SquaredError {
  double sum = 0;
  std::uint64_t samples = 0;
  std::uint64_t non_finite = 0;

  SquaredError& operator+=(const SquaredError& other);
  double mse() const;  ///< NaN where there is no sample
};
using SquaredErrors = std::array<SquaredError, 3>;

enum class AudioKind {
  s16,  ///< native-endian 16-bit integers, scaled by 1/32768
  f32,  ///< native-endian floats, full scale 1.0
  f64,  ///< native-endian doubles, full scale 1.0
};
inline constexpr double audio_peak = 1.0;  ///< peak of every AudioKind

/// Squared error of each component; those from component_count on are empty. Samples above 2^depth - 1 give a
/// meaningless sum. Throws Error(mismatch) where the pictures' component counts, depths or sizes differ, and
/// Error(invalid_argument) where they are out of range. Thread-safe, single-threaded, allocates nothing.
SquaredErrors squared_error(const Picture& reference, const Picture& distorted);

/// Squared error of `samples` audio samples (all channels together) at full scale 1.0; no alignment needed.
/// Thread-safe, allocates nothing.
SquaredError squared_error(AudioKind kind, const void* reference, const void* distorted, std::size_t samples);

/// 10 log10(peak^2 / mse) in dB; +infinity for an `mse` of 0, NaN for a NaN.
double psnr_db(double mse, double peak);

/// The score of one frame or audio window. Entries from `components` on are NaN.
struct FrameScore {
  double psnr = 0;  ///< dB over all samples; +infinity where identical, NaN where nothing was comparable
  double mse = 0;   ///< over all samples, in units of peak = `peak`
  std::array<double, 3> component_psnr{};
  std::array<double, 3> component_mse{};
  int components = 0;  ///< 0 to 3
  double peak = 0;
  bool identical = false;        ///< every sample equal and finite
  std::uint64_t non_finite = 0;  ///< pairs left out, see SquaredError
};

/// Throws Error(invalid_argument) where `components` is not 0 to 3 or `peak` is not above 0.
FrameScore score(const SquaredErrors& errors, int components, double peak);

/// One pooled series: of the whole picture, or of one component.
struct PooledScore {
  std::uint64_t identical_frames = 0;  ///< left out of mean_psnr, since their PSNR is infinite
  double mean_psnr = 0;    ///< mean of the per-frame PSNR over the other frames; +infinity where all were
                           ///< identical, NaN where there was none
  double psnr_of_mse = 0;  ///< PSNR of the mean squared error over all samples of all frames
  double mse = 0;          ///< that error, in units of the last frame's peak
};

/// Everything pooled since the start; `component` entries from `components` on are NaN.
struct PooledScores {
  std::uint64_t frames = 0;
  std::uint64_t non_finite = 0;
  int components = 0;
  PooledScore all;
  std::array<PooledScore, 3> component;
};

/// Pools frames as they come. Frames whose size, component count or depth differ may follow each other:
/// errors are weighted by samples and rescaled to the newest peak. Not thread-safe.
class Pool {
 public:
  /// `frame` must be the score of `errors`. Frames without a comparable sample count in `frames` alone.
  void add(const FrameScore& frame, const SquaredErrors& errors);
  PooledScores pooled() const;

 private:
  struct Series {
    std::uint64_t identical = 0, finite = 0;
    double psnr_sum = 0;
    SquaredError error;

    void add(double psnr, const SquaredError& e);
    PooledScore pooled(double peak) const;
  };

  std::uint64_t frames_ = 0, non_finite_ = 0;
  int components_ = 0;
  double peak_ = 1;
  Series all_;
  std::array<Series, 3> component_;
};

}  // namespace mpq::psnr
