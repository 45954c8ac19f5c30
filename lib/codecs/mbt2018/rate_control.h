// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Chooses each frame's quality (gains.h) so that a stream keeps a bit rate. A model of variable rate gives
// bits whose logarithm grows about linearly with the quality: the line is learned from the frames so far, and
// a frame is given what the rate allows it less a share of what was spent too much.
#pragma once

#include <deque>
#include <mutex>

namespace mpq::mbt2018 {

/// Thread-safe: frames may be chosen for on one thread while their sizes become known on another, in the same
/// order and any number of frames later.
class RateControl {
 public:
  /// What is known of the next frame.
  struct Frame {
    double bits_per_second = 0;  ///< the rate to keep, > 0; may change from frame to frame
    double seconds = 0;          ///< since the frame before, > 0
    double pixels = 0;           ///< of the picture, > 0
  };

  /// For a model whose highest_quality() is `highest`, > 0.
  explicit RateControl(int highest);

  /// The next frame's quality, 0 to the highest.
  int choose(const Frame& frame);

  /// The size of the oldest frame that was chosen for and is not known yet. Does nothing where there is none.
  void coded(double bits);

 private:
  /// A frame whose size is not known yet.
  struct Pending {
    double quality, pixels;
    double allowed;  ///< bits
  };

  double expected_bits(double quality, double pixels) const;
  void learn(double quality, double log_size);

  const int highest_;
  std::mutex mutex_;  // guards the rest
  std::deque<Pending> pending_;
  double debt_ = 0;            // bits that were spent too much
  double second_ = 0;          // bits of a second at the rate of the last frame
  double intercept_;           // of the logarithm of bits a pixel, at quality 0
  double slope_;               // of it, for a step of quality
  bool learned_ = false;       // a frame was coded
  double products_, squares_;  // of differences between frames, which the slope comes from
  double last_quality_ = 0, last_size_ = 0;
};

}  // namespace mpq::mbt2018
