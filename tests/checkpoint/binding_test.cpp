// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "checkpoint/binding.h"

#include <gtest/gtest.h>

#include "checkpoint_files.h"
#include "tests/support/damage.h"

namespace mpq::test {
namespace {

using namespace checkpoint;

const std::vector<Wanted> views{{"plain", {3, 4}},    {"transposed", {4, 3}}, {"part", {2, 2}},
                                {"expanded", {2, 3}}, {"half", {4}},          {"count", {}},
                                {"empty", {0, 5}}};

std::string refusal(const std::string& name, const std::vector<Wanted>& wanted, const KeyMap& map = {}) {
  try {
    bind(open_small(name), wanted, map);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::mismatch);
    const std::string sentence = error.what();
    return sentence.substr(sentence.find("tensors: ") + 9);
  }
  ADD_FAILURE() << "no Error was thrown";
  return "";
}

TEST(Binding, GivesTensorsByTheModelsNames) {
  const Binding weights = bind(open_small("torch_file/views.pt"), views);
  EXPECT_EQ(weights.floats("part"), (Floats{5, 6, 9, 10}));
  EXPECT_EQ(weights.tensor("half").dtype, Dtype::float16);
  EXPECT_EQ(code_of([&] { weights.tensor("other"); }), ErrorCode::invalid_argument);
}

TEST(Binding, StripsPrefixesAndIgnoresWhatNoModelNeeds) {
  const KeyMap map{.strip_prefixes = {"state."}, .renames = {}, .ignored = {"state.c*", "*.empty"}};
  const Binding weights = bind(open_small("torch_file/package.th"), {views.begin(), views.begin() + 5}, map);
  EXPECT_EQ(weights.tensor("plain").name, "state.plain");
}

TEST(Binding, NamesWhatIsMissingUnexpectedAndOfAnotherShape) {
  EXPECT_EQ(
      refusal("torch_file/views.pt", {{"plain", {4, 3}},
                                      {"transposed", {4, 3}},
                                      {"part", {2, 2}},
                                      {"expanded", {-1, -1}},
                                      {"bias", {1}}}),
      "1 missing: bias; 3 unexpected: half, count, empty; 1 of another shape: plain is [3, 4], not [4, 3]");
}

TEST(Binding, NamesTenOfEachAndCountsTheRest) {
  std::vector<Wanted> wanted = views;
  for (int i = 0; i < 12; ++i) wanted.push_back({"w" + std::to_string(i), {1}});
  EXPECT_EQ(refusal("torch_file/views.pt", wanted),
            "12 missing: w0, w1, w2, w3, w4, w5, w6, w7, w8, w9 and 2 more");
}

TEST(Binding, RefusesTwoTensorsThatBecomeOne) {
  const KeyMap map{.strip_prefixes = {}, .renames = {{"part", "plain"}}, .ignored = {}};
  EXPECT_NE(refusal("torch_file/views.pt", views, map).find("1 there twice: plain"), std::string::npos);
}

TEST(Binding, TakesItsRemedyFromWhoKnowsTheModels) {
  try {
    bind(open_small("numpy_file/f4.npy"), views, {},
         [](const Checkpoint& file) { return "Set model=" + file.format() + "."; });
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.remedy(), "Set model=NumPy.");
  }
}

TEST(KeyMap, MovesNumbersAndTextsToTheirPlaces) {
  const KeyMap map{.strip_prefixes = {"module.", "vit."},
                   .renames = {{"encoder.layer.#.attention.*", "blocks.#.attn.*"},
                               {"encoder.layer.#.*.dense#.bias", "blocks.#.*.fc#.b"},
                               {"pooler.*", "p"}},
                   .ignored = {"*.num_batches_tracked"}};
  const std::pair<const char*, const char*> cases[] = {
      {"vit.encoder.layer.11.attention.query.weight", "blocks.11.attn.query.weight"},
      {"module.vit.encoder.layer.0.mlp.dense2.bias", "blocks.0.mlp.fc2.b"},
      {"encoder.layer.x.attention.query", "encoder.layer.x.attention.query"},
      {"vit.module.a", "module.a"},
      {"pooler.", "p"},
      {"pooler", "pooler"}};
  for (const auto& [published, ours] : cases) EXPECT_EQ(own_name(map, published), ours);
  EXPECT_FALSE(own_name(map, "bn1.num_batches_tracked"));
}

}  // namespace
}  // namespace mpq::test
