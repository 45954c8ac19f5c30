// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// How well predicted label maps cover the true ones: intersection over union of each class, over a data set
// (the standard: Everingham et al., IJCV 88, 2010) and over each image.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "metrics/miou/label_map.h"

namespace mpq::miou {

struct Options {
  /// The truth's pixels of this value, as stored, do not count; nothing: all do.
  std::optional<int> ignore = 255;
  /// The truth's 0 does not count, and its other values are the prediction's plus one: the 150-class maps of
  /// ADE20K's scene parsing benchmark.
  bool reduce_zero_label = false;
  /// A prediction of another size is resized to the truth's, each pixel the nearest one's class (Pillow's
  /// NEAREST); otherwise it is an error.
  bool resize_prediction = false;
};

/// Pixels of one class, among those that count.
struct ClassPixels {
  std::uint64_t truth = 0, prediction = 0, both = 0;

  double iou() const { return static_cast<double>(both) / static_cast<double>(truth + prediction - both); }
};

/// Pixels of one image, or of several together. Not thread-safe.
struct Counts {
  std::map<int, ClassPixels> classes;  ///< those that occur in the truth or the prediction
  std::uint64_t pixels = 0;            ///< that count
  std::uint64_t correct = 0;           ///< of these

  Counts& operator+=(const Counts& other);

  /// Mean of the classes' IoU, those included that the prediction alone has (their IoU is 0); NaN where no
  /// pixel counts.
  double mean_iou() const;
  /// Share of the pixels that are right; NaN where none counts.
  double pixel_accuracy() const;
};

/// Compares one image. Throws Error(mismatch) for another size than the truth's, unless the options allow it,
/// and Error(invalid_argument) for maps without pixels.
Counts compare(const LabelMap& truth, const LabelMap& prediction, const Options& options);

/// A data set. Not thread-safe.
class Pool {
 public:
  void add(const Counts& image);

  const Counts& all() const { return all_; }
  /// Mean of the images' own mean_iou(), another measure than that of all(); images none of whose pixels
  /// counts are left out.
  double per_image_mean_iou() const;

 private:
  Counts all_;
  double sum_ = 0;
  std::uint64_t images_ = 0;
};

}  // namespace mpq::miou
