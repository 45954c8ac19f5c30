// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// What mpqaccuracy and mpqagreement have in common: a classifier's results read from buffers, and a score of
// them as results.
#pragma once

#include <gst/gst.h>

#include <optional>
#include <string>
#include <vector>

#include "core/text.h"
#include "gst/property.h"
#include "gst/publisher.h"
#include "metrics/accuracy/accuracy.h"

namespace mpq::gst {

struct ScoreSettings {
  int top_k = 5;
  float confidence = 0.95F;
};

/// Rows for a settings struct that derives from ScoreSettings.
template <class Settings>
std::vector<Property> score_properties() {
  return {integer("top-k", detail::inherited<Settings>(&ScoreSettings::top_k), 1, 1000,
                  "Also count answers whose k most probable classes hold the right one", Mutable::playing),
          real("confidence", detail::inherited<Settings>(&ScoreSettings::confidence), 0.5F, 0.9999F,
               "Of the intervals around the shares (Wilson's)", Mutable::playing)};
}

struct Classification {
  accuracy::Answer answer;
  bool stale = false;  ///< of an earlier frame
};

/// The last result of the metric "classification" on the buffer: that of the nearest classifier upstream.
inline std::optional<Classification> attached_classification(GstBuffer* buffer) {
  std::optional<Classification> found;
  for (const Result& result : attached_results(buffer)) {
    if (result.metric != "classification") continue;
    found.emplace();
    found->answer.label = result.label;
    found->stale = find_detail(result, "stale").has_value();
    for (const auto& [name, value] : result.details) {
      if (name.starts_with("class-")) found->answer.classes.push_back(static_cast<int>(value));
    }
  }
  if (found && found->answer.classes.empty()) return std::nullopt;
  return found;
}

/// Frames that are not scored.
struct MissingAnswers {
  std::uint64_t unclassified = 0, stale = 0;

  /// Whether there is no answer to this frame.
  bool count(const std::optional<Classification>& found) {
    if (found && !found->stale) return false;
    ++(found ? stale : unclassified);
    return true;
  }
};

inline void describe_missing(Result& result, const MissingAnswers& missing) {
  result.details.emplace_back("unclassified-frames", static_cast<double>(missing.unclassified));
  result.details.emplace_back("stale-frames", static_cast<double>(missing.stale));
}

/// Value, label and details of one judged frame.
inline void describe(Result& result, const accuracy::Verdict& verdict, const accuracy::Label& truth,
                     const accuracy::Answer& answer, int k) {
  result.value = verdict.top_1 ? 1 : 0;
  result.label = answer.label;
  if (truth.index) result.details.emplace_back("true-class", *truth.index);
  result.details.emplace_back("class", answer.classes.front());
  if (k > 1 && verdict.top_k) result.details.emplace_back(text("top-", k), *verdict.top_k ? 1 : 0);
}

/// Value, index and details of a whole score.
inline void describe(Result& result, const accuracy::Score& score, const ScoreSettings& settings) {
  const auto add_interval = [&](std::uint64_t count, const std::string& name) {
    const auto interval = accuracy::wilson(count, score.frames(), static_cast<double>(settings.confidence));
    result.details.emplace_back(name + "-low", interval.low);
    result.details.emplace_back(name + "-high", interval.high);
  };
  const auto frames = static_cast<double>(score.frames());
  result.index = score.frames();
  result.value = static_cast<double>(score.top_1()) / frames;
  result.details.emplace_back("correct-frames", static_cast<double>(score.top_1()));
  add_interval(score.top_1(), "top-1");
  if (const auto top_k = score.top_k(); top_k && settings.top_k > 1) {
    const std::string name = text("top-", settings.top_k);
    result.details.emplace_back(name, static_cast<double>(*top_k) / frames);
    add_interval(*top_k, name);
  }
}

/// The cells of the confusion matrix that are not 0, as details "of-TRUTH-as-ANSWER".
inline void describe_confusion(Result& result, const accuracy::Score& score) {
  for (const auto& [classes, count] : score.confusion())
    result.details.emplace_back(text("of-", classes.first, "-as-", classes.second),
                                static_cast<double>(count));
}

}  // namespace mpq::gst
