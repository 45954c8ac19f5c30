// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// How often a classifier is right: top-1, top-k, the confusion matrix, confidence intervals.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "metrics/accuracy/labels.h"

namespace mpq::accuracy {

/// What a classifier says of a picture.
struct Answer {
  std::vector<int> classes;  ///< the most probable one first, at least one
  std::string label;         ///< of the first; its number where the classifier has no names
};

struct Verdict {
  bool top_1 = false;
  /// Nothing where it cannot be told: the truth is a name alone, or the answer lists fewer than k classes and
  /// not the true one.
  std::optional<bool> top_k;
};

/// By index where the truth has one, otherwise by name. Throws Error(invalid_argument) where the truth is a
/// name and the classifier has none.
Verdict judge(const Label& truth, const Answer& answer, int k);

struct Interval {
  double low, high;
};

/// E. B. Wilson's score interval for a proportion (J. Am. Stat. Assoc. 22, 1927), without continuity
/// correction: `confidence` is 0.95 for the usual one, between 0 and 1. NaN where there are no trials. Throws
/// Error(invalid_argument) for more successes than trials and other confidences.
Interval wilson(std::uint64_t successes, std::uint64_t trials, double confidence);

/// Truth and answer, each an index, or a name where the truth is a name alone; and how many pictures.
using Confusion = std::map<std::pair<std::string, std::string>, std::uint64_t>;

/// Everything judged so far. Not thread-safe.
class Score {
 public:
  Verdict add(const Label& truth, const Answer& answer, int k);

  std::uint64_t frames() const { return frames_; }
  std::uint64_t top_1() const { return top_1_; }
  /// Nothing where it could not be told of some picture.
  std::optional<std::uint64_t> top_k() const {
    return ranked_ == frames_ ? std::optional(top_k_) : std::nullopt;
  }

  /// The matrix's cells that are not 0.
  const Confusion& confusion() const { return confusion_; }

  /// A true name and a given one, where no true name was ever given: two ways to name the classes.
  std::optional<std::pair<std::string, std::string>> foreign_names() const;

  /// Writes the whole matrix as CSV, true classes in rows: those that occur, by their names where these are
  /// known. Throws Error(io).
  void write_confusion(const std::filesystem::path& file) const;

 private:
  std::vector<std::string> classes() const;
  std::string title(const std::string& key) const;

  std::uint64_t frames_ = 0, top_1_ = 0, top_k_ = 0, ranked_ = 0;
  bool by_name_ = false;
  Confusion confusion_;
  std::map<std::string, std::string> names_;  ///< of indices
};

}  // namespace mpq::accuracy
