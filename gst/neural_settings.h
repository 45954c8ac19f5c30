// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Settings of every element with a network: which, where, and how it computes.
#pragma once

#include <string>
#include <vector>

#include "gst/property.h"
#include "nn/options.h"

namespace mpq::gst {

struct NeuralSettings {
  std::string model_file;
  std::string device = "cpu";
  nn::Precision precision = nn::Precision::automatic;
  int threads = 0;

  nn::Options options() const { return {device, precision, threads}; }
};

/// Rows for a settings struct that derives from NeuralSettings.
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
              "Threads for one inference (0 = one for each processor)")};
}

}  // namespace mpq::gst
