// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "metrics/accuracy/accuracy.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <limits>
#include <set>

#include "core/csv.h"
#include "core/error.h"
#include "core/text.h"

namespace mpq::accuracy {
namespace {

// How many standard deviations to both sides hold this share of a normal distribution.
double normal_quantile(double share) {
  double low = 0, high = 40;  // erf() is 1 long before
  for (int i = 0; i < 100; ++i) {
    const double middle = (low + high) / 2;
    (std::erf(middle / std::sqrt(2.0)) < share ? low : high) = middle;
  }
  return low;
}

// Numbers by their value, names after them.
bool key_before(const std::string& a, const std::string& b) {
  const auto x = label_of_text(a).index, y = label_of_text(b).index;
  if (x && y) return *x < *y;
  return x.has_value() != y.has_value() ? x.has_value() : a < b;
}

}  // namespace

Verdict judge(const Label& truth, const Answer& answer, int k) {
  if (answer.classes.empty() || !truth.known())
    throw Error(ErrorCode::invalid_argument, "there is no answer or no truth to judge");
  if (!truth.index) {
    if (answer.label == std::to_string(answer.classes.front()) && truth.name != answer.label)
      throw Error(ErrorCode::invalid_argument,
                  text("the label \"", truth.name, "\" is a name, and the classifier has no names"),
                  "Give the classifier the names of its classes, or the labels an index");
    return {truth.name == answer.label, std::nullopt};
  }
  const auto found = std::find(answer.classes.begin(), answer.classes.end(), *truth.index);
  const auto rank = found - answer.classes.begin();
  Verdict verdict{rank == 0, std::nullopt};
  if (found != answer.classes.end() || answer.classes.size() >= static_cast<std::size_t>(std::max(k, 1)))
    verdict.top_k = found != answer.classes.end() && rank < k;
  return verdict;
}

Interval wilson(std::uint64_t successes, std::uint64_t trials, double confidence) {
  if (successes > trials || !(confidence > 0 && confidence < 1))
    throw Error(ErrorCode::invalid_argument,
                text("no interval of confidence ", confidence, " for ", successes, " successes of ", trials));
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  if (trials == 0) return {nan, nan};
  const double n = static_cast<double>(trials), p = static_cast<double>(successes) / n;
  const double z = normal_quantile(confidence), shrink = 1 + z * z / n;
  const double middle = (p + z * z / (2 * n)) / shrink;
  const double half = z * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / shrink;
  return {std::max(0.0, middle - half), std::min(1.0, middle + half)};
}

Verdict Score::add(const Label& truth, const Answer& answer, int k) {
  const Verdict verdict = judge(truth, answer, k);
  ++frames_;
  top_1_ += verdict.top_1 ? 1 : 0;
  ranked_ += verdict.top_k ? 1 : 0;
  top_k_ += verdict.top_k.value_or(false) ? 1 : 0;
  if (!truth.index) {
    by_name_ = true;
    ++confusion_[{truth.name, answer.label}];
    return verdict;
  }
  const std::string given = std::to_string(answer.classes.front());
  const std::string wanted = std::to_string(*truth.index);
  if (!truth.name.empty()) names_.emplace(wanted, truth.name);
  if (!answer.label.empty()) names_.emplace(given, answer.label);
  ++confusion_[{wanted, given}];
  return verdict;
}

std::optional<std::pair<std::string, std::string>> Score::foreign_names() const {
  if (!by_name_) return std::nullopt;
  std::set<std::string> given;
  for (const auto& [key, count] : confusion_) given.insert(key.second);
  for (const auto& [key, count] : confusion_) {
    if (given.count(key.first) > 0) return std::nullopt;
  }
  return confusion_.begin()->first;
}

std::vector<std::string> Score::classes() const {
  std::set<std::string> keys;
  for (const auto& [key, count] : confusion_) keys.insert({key.first, key.second});
  std::vector<std::string> sorted(keys.begin(), keys.end());
  std::sort(sorted.begin(), sorted.end(), key_before);
  return sorted;
}

std::string Score::title(const std::string& key) const {
  const auto name = names_.find(key);
  return csv_field(name != names_.end() ? name->second : key);
}

void Score::write_confusion(const std::filesystem::path& path) const {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  const std::vector<std::string> all = classes();
  file << "truth";
  for (const std::string& given : all) file << ',' << title(given);
  for (const std::string& truth : all) {
    file << '\n' << title(truth);
    for (const std::string& given : all) {
      const auto cell = confusion_.find({truth, given});
      file << ',' << (cell != confusion_.end() ? cell->second : 0);
    }
  }
  file << '\n' << std::flush;
  if (!file)
    throw Error(ErrorCode::io, text("cannot write ", path.string(), ": ", std::strerror(errno)),
                "Check that the folder exists, can be written and has space");
}

}  // namespace mpq::accuracy
