// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The property rows of gst/task.h, which includes this.
#pragma once

namespace mpq::gst {

namespace detail {

/// A member of a base class as one of the class itself, for the property table.
template <class Settings, class Member>
Member Settings::*inherited(Member NeuralSettings::*member) {
  return static_cast<Member Settings::*>(member);
}

}  // namespace detail

template <class Settings>
std::vector<Property> neural_properties() {
  using detail::inherited;
  return {
      string("model-file", inherited<Settings>(&NeuralSettings::model_file),
             "Weights: a file, or a name of the model store (mpq-models list)"),
      string("device", inherited<Settings>(&NeuralSettings::device), "Where to compute: cpu, cuda, cuda:N"),
      enumeration<Settings, nn::Precision>(
          "precision", inherited<Settings>(&NeuralSettings::precision), "MpqPrecision",
          {{nn::Precision::automatic, "auto", "bfloat16 where this machine is faster with it"},
           {nn::Precision::float32, "float32", "32-bit floating point"},
           {nn::Precision::bfloat16, "bfloat16", "16-bit floating point in the matrix products"}},
          "Type of the matrix products"),
      integer("threads", inherited<Settings>(&NeuralSettings::threads), 0, 1024,
              "Threads for one inference (0 = one for each processor)"),
      enumeration<Settings, LatePolicy>(
          "late-policy", inherited<Settings>(&NeuralSettings::late_policy), "MpqLatePolicy",
          {{LatePolicy::block, "block", "Look at every frame, however late"},
           {LatePolicy::drop, "drop", "Drop late frames"},
           {LatePolicy::skip_inference, "skip-inference", "Pass late frames on with the previous result"}},
          "What becomes of frames that come later than max-lateness; each is counted", Mutable::playing),
      unsigned64("max-lateness", inherited<Settings>(&NeuralSettings::max_lateness), 0, G_MAXINT64,
                 "Nanoseconds behind the clock (and the pipeline's latency) from which a frame is late",
                 Mutable::playing)};
}

}  // namespace mpq::gst
