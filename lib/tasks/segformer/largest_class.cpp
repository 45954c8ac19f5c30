// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "tasks/segformer/largest_class.h"

#include <algorithm>
#include <cmath>

#include "nn/torch.h"
#include "tasks/segformer/positions.h"

namespace mpq::segformer {
namespace {

/// The four samples around a group of pixels.
struct Corners {
  const float *top_left, *top_right, *bottom_left, *bottom_right;

  /// PyTorch's order of operations.
  float at(std::size_t c, float x, float y) const {
    return (1 - y) * ((1 - x) * top_left[c] + x * top_right[c]) +
           y * ((1 - x) * bottom_left[c] + x * bottom_right[c]);
  }
};

/// The largest of the four samples of each class into `most`. Returns the largest of the smallest of the
/// four.
float extremes(const Corners& corners, std::ptrdiff_t classes, float* most) {
  float bound = -INFINITY;
#pragma omp simd reduction(max : bound)
  for (std::ptrdiff_t c = 0; c < classes; ++c) {
    const float a = corners.top_left[c], b = corners.top_right[c], d = corners.bottom_left[c],
                e = corners.bottom_right[c];
    most[c] = std::max(std::max(a, b), std::max(d, e));
    bound = std::max(bound, std::min(std::min(a, b), std::min(d, e)));
  }
  return bound;
}

/// Pixels between the same four samples. What is between is nowhere above the largest of the four and nowhere
/// below the smallest, so that few classes are left to be interpolated.
class Cell {
 public:
  explicit Cell(int classes)
      : most_(static_cast<std::size_t>(classes)), candidates_(static_cast<std::size_t>(classes)) {}

  void enter(const Corners& corners) {
    corners_ = corners;
    float bound = extremes(corners, static_cast<std::ptrdiff_t>(most_.size()), most_.data());
    bound -= 4e-7F * std::abs(bound);  // what rounding can move an interpolated value by
    count_ = 0;
    for (std::size_t c = 0; c < most_.size(); ++c) {
      candidates_[count_] = static_cast<std::uint16_t>(c);
      count_ += most_[c] < bound ? 0 : 1;
    }
  }

  std::uint16_t largest(float x, float y) const {
    if (count_ == 1) return candidates_.front();
    float best = -INFINITY;
    std::uint16_t index = 0;
    for (std::size_t i = 0; i < count_; ++i)
      if (const float value = corners_.at(candidates_[i], x, y); value > best) {
        best = value;
        index = candidates_[i];
      }
    return index;
  }

 private:
  Corners corners_{};
  std::vector<float> most_;
  std::vector<std::uint16_t> candidates_;
  std::size_t count_ = 0;  ///< of them
};

}  // namespace

void largest_class(const Logits& logits, int threads, LabelMap* map) {
  const std::vector<Position> columns = positions(logits.width, map->width),
                              rows = positions(logits.height, map->height);
  const auto width = static_cast<std::size_t>(map->width);
  map->labels.resize(width * rows.size());
  const auto sample = [&](int y, int x) {
    return logits.values.data() + (std::ptrdiff_t{y} * logits.width + x) * logits.classes;
  };
  // Bands of rows between the same two rows of samples.
  std::vector<std::size_t> bands;
  for (std::size_t y = 0; y < rows.size(); ++y)
    if (y == 0 || rows[y].first != rows[y - 1].first) bands.push_back(y);
  bands.push_back(rows.size());
  if (at::get_num_threads() != threads) at::set_num_threads(threads);
  at::parallel_for(
      0, static_cast<std::int64_t>(bands.size()) - 1, 1, [&](std::int64_t from, std::int64_t to) {
        Cell cell(logits.classes);
        for (auto band = static_cast<std::size_t>(from); band < static_cast<std::size_t>(to); ++band) {
          const Position& row = rows[bands[band]];
          for (std::size_t begin = 0, end = 0; begin < width; begin = end) {
            const Position& column = columns[begin];
            while (end < width && columns[end].first == column.first) ++end;
            cell.enter({sample(row.first, column.first), sample(row.first, column.second),
                        sample(row.second, column.first), sample(row.second, column.second)});
            for (std::size_t y = bands[band]; y < bands[band + 1]; ++y)
              for (std::size_t x = begin; x < end; ++x)
                map->labels[y * width + x] = cell.largest(columns[x].weight, rows[y].weight);
          }
        }
      });
}

}  // namespace mpq::segformer
