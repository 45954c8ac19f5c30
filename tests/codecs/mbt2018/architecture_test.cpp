// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "codecs/mbt2018/architecture.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "generated_model.h"
#include "tests/support/tools.h"

namespace mpq::test {
namespace {

using namespace mbt2018;

constexpr Architecture small{Variant::mbt2018, 4, 6};

class Mbt2018Architecture : public testing::Test {
 protected:
  Model written(
      const Architecture& architecture,
      const std::function<std::string(std::string)>& rename = [](std::string name) { return name; }) {
    write_mbt2018(file_, mbt2018_tensors(architecture), rename);
    return open(file_);
  }

  /// What a file of these tensors is refused with.
  std::string refusal(const std::vector<NamedShape>& tensors) {
    write_mbt2018(file_, tensors);
    try {
      open(file_);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::mismatch);
      EXPECT_NE(error.remedy(), "");
      return error.what();
    }
    return "";
  }

  TemporaryFolder folder_;
  std::string file_ = folder_ / "model.safetensors";
};

TEST_F(Mbt2018Architecture, IsToldByNamesAndShapes) {
  for (const Variant variant : {Variant::mbt2018, Variant::mean, Variant::hyperprior}) {
    const Architecture architecture{variant, 4, 6};
    const Model model = written(architecture);
    EXPECT_EQ(model.architecture, architecture) << name(variant);
    EXPECT_EQ(model.weights.floats("g_a.0.weight").size(), 300) << name(variant);
    EXPECT_FALSE(model.has_tables);
  }
}

TEST_F(Mbt2018Architecture, NanosSizesAreThoseOfItsTensors) {
  for (const Nano& nano : {Nano{3, 2, 5, 1, 7, 8, 9}, Nano{3, 0, 5, 4, 1, 1, 1}}) {
    const Architecture architecture{Variant::mbt2018, 4, 6, 3, nano};
    EXPECT_EQ(written(architecture).architecture, architecture);
  }
  std::vector<NamedShape> tensors = mbt2018_tensors({Variant::mbt2018, 4, 6, 0, Nano{3, 1, 5, 1, 7, 8, 9}});
  for (NamedShape& tensor : tensors)
    if (tensor.first == "g_s.deep.0.gate.weight") tensor.second = {10, 4, 3, 3};
  EXPECT_NE(refusal(tensors).find("g_s.deep.0.gate.weight is [10, 4, 3, 3], not [10, 5, 3, 3]"),
            std::string::npos);
}

TEST_F(Mbt2018Architecture, AcceptsAllSpellingsOfTheBottleneck) {
  const std::string bottleneck = "entropy_bottleneck.";
  for (const auto& [plural, singular] :
       {std::pair{"_matrices.", "_biases."}, {"_matrix", "_bias"}, {"matrices.", "biases."}}) {
    const auto rename = [&, matrices = plural, biases = singular](std::string name) {
      for (const auto& [ours, theirs] : {std::pair{"matrices.", matrices}, {"biases.", biases}})
        if (name.starts_with(bottleneck + ours)) return bottleneck + theirs + name.back();
      return name;
    };
    EXPECT_EQ(written(small, rename).weights.tensor("entropy_bottleneck.matrices.4").name,
              bottleneck + plural + "4");
  }
}

TEST_F(Mbt2018Architecture, AcceptsWhatTrainingProgramsWrite) {
  const auto prefixed = [](const std::string& name) { return "state_dict.module." + name; };
  std::vector<NamedShape> tensors;
  for (auto [name, shape] : mbt2018_tensors(small)) tensors.push_back({prefixed(name), shape});
  tensors.push_back({"optimizer.state.0.exp_avg", {4, 3, 5, 5}});
  write_mbt2018(file_, tensors);
  EXPECT_EQ(open(file_).architecture, small);
}

TEST_F(Mbt2018Architecture, RefusesAnotherNetworkWithItsReason) {
  EXPECT_NE(refusal({{"cls_token", {1, 1, 192}}, {"norm.weight", {192}}}).find("no tensor g_a.0.weight"),
            std::string::npos);
  std::vector<NamedShape> factorized;
  for (const NamedShape& tensor : mbt2018_tensors(small))
    if (tensor.first.starts_with("g_")) factorized.push_back(tensor);
  EXPECT_NE(refusal(factorized).find("no hyperprior"), std::string::npos);
}

TEST_F(Mbt2018Architecture, NamesWhatDoesNotFit) {
  std::vector<NamedShape> tensors = mbt2018_tensors(small);
  tensors.push_back({"g_a.7.bias", {4}});
  for (NamedShape& tensor : tensors)
    if (tensor.first == "h_a.2.bias") tensor.second = {5};
  const std::string sentence = refusal(tensors);
  EXPECT_NE(sentence.find("1 unexpected: g_a.7.bias"), std::string::npos) << sentence;
  EXPECT_NE(sentence.find("h_a.2.bias is [5], not [4]"), std::string::npos) << sentence;
}

}  // namespace
}  // namespace mpq::test
