// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Settings of full-reference metrics that run a network.
#pragma once

#include "gst/full_reference.h"
#include "gst/neural_settings.h"

namespace mpq::gst {

struct NeuralMetricSettings : PairingSettings, NeuralSettings, LateSettings {
  /// Most codecs do not report as latency what they take, and so every pair comes somewhat late.
  NeuralMetricSettings() { max_lateness = 100 * GST_MSECOND; }
};

/// Rows for a settings struct that derives from NeuralMetricSettings.
template <class Settings>
std::vector<Property> neural_metric_properties() {
  auto all = neural_properties<Settings>();
  for (Property& property : pairing_properties<Settings>()) all.push_back(std::move(property));
  all.push_back(enumeration<Settings, LatePolicy>(
      "late-policy", detail::inherited<Settings>(&LateSettings::late_policy), "MpqMetricLatePolicy",
      {{LatePolicy::block, "block", "Score every pair, however late"},
       {LatePolicy::drop, "drop", "Drop late pairs: they are not scored and do not leave"},
       {LatePolicy::skip_inference, "skip-inference", "Pass late pairs on without a score"}},
      "What becomes of pairs that come later than max-lateness; each is counted", Mutable::playing));
  all.push_back(max_lateness_property<Settings>());
  return all;
}

}  // namespace mpq::gst
