// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "metrics/miou/miou.h"

#include <limits>
#include <vector>

#include "core/error.h"
#include "core/text.h"

namespace mpq::miou {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t class_limit = 65536;

// Which pixel of `in` lies nearest to the middle of each of `out`.
std::vector<int> nearest(int out, int in) {
  std::vector<int> places(static_cast<std::size_t>(out));
  for (int i = 0; i < out; ++i)
    places[static_cast<std::size_t>(i)] =
        static_cast<int>((2 * std::int64_t{i} + 1) * in / (2 * std::int64_t{out}));
  return places;
}

void check(const LabelMap& truth, const LabelMap& prediction, const Options& options) {
  for (const LabelMap& map : {truth, prediction}) {
    if (map.data == nullptr || map.width < 1 || map.height < 1)
      throw Error(ErrorCode::invalid_argument, "a label map has no pixels");
  }
  if ((truth.width != prediction.width || truth.height != prediction.height) && !options.resize_prediction)
    throw Error(ErrorCode::mismatch,
                text("the prediction has ", prediction.width, "x", prediction.height, " pixels, the truth ",
                     truth.width, "x", truth.height),
                "Set resize-prediction to resize it to the nearest pixels");
}

/// The true class of a stored value, or nothing where it does not count.
std::optional<std::size_t> true_class(std::uint16_t stored, const Options& options) {
  if (options.ignore == stored || (options.reduce_zero_label && stored == 0)) return std::nullopt;
  return options.reduce_zero_label ? stored - 1U : stored;
}

}  // namespace

Counts& Counts::operator+=(const Counts& other) {
  for (const auto& [index, pixels_of] : other.classes) {
    ClassPixels& sum = classes[index];
    sum.truth += pixels_of.truth;
    sum.prediction += pixels_of.prediction;
    sum.both += pixels_of.both;
  }
  pixels += other.pixels;
  correct += other.correct;
  return *this;
}

double Counts::mean_iou() const {
  if (classes.empty()) return nan;
  double sum = 0;
  for (const auto& [index, pixels_of] : classes) sum += pixels_of.iou();
  return sum / static_cast<double>(classes.size());
}

double Counts::pixel_accuracy() const {
  return pixels == 0 ? nan : static_cast<double>(correct) / static_cast<double>(pixels);
}

Counts compare(const LabelMap& truth, const LabelMap& prediction, const Options& options) {
  check(truth, prediction, options);
  const std::vector<int> columns = nearest(truth.width, prediction.width);
  const std::vector<int> rows = nearest(truth.height, prediction.height);
  std::vector<std::uint16_t> stored(columns.size()), predicted(static_cast<std::size_t>(prediction.width));
  std::vector<ClassPixels> table(class_limit);
  Counts counts;
  for (int y = 0; y < truth.height; ++y) {
    read_row(truth, y, stored);
    read_row(prediction, rows[static_cast<std::size_t>(y)], predicted);
    for (std::size_t x = 0; x < stored.size(); ++x) {
      const auto wanted = true_class(stored[x], options);
      if (!wanted) continue;
      const std::size_t given = predicted[static_cast<std::size_t>(columns[x])];
      ++counts.pixels;
      ++table[*wanted].truth;
      ++table[given].prediction;
      if (given != *wanted) continue;
      ++table[given].both;
      ++counts.correct;
    }
  }
  for (std::size_t i = 0; i < table.size(); ++i) {
    if (table[i].truth + table[i].prediction > 0) counts.classes.emplace(static_cast<int>(i), table[i]);
  }
  return counts;
}

void Pool::add(const Counts& image) {
  all_ += image;
  if (image.pixels == 0) return;
  sum_ += image.mean_iou();
  ++images_;
}

double Pool::per_image_mean_iou() const {
  return images_ == 0 ? nan : sum_ / static_cast<double>(images_);
}

}  // namespace mpq::miou
