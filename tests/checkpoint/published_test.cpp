// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Real checkpoints and the parity cases' published names.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "checkpoint_files.h"
#include "tests/support/parity.h"
#include "tests/support/shared.h"
#include "tests/support/tools.h"

namespace mpq::test {
namespace {

using checkpoint::Dtype;
using checkpoint::Value;
using Json = nlohmann::json;

Json manifest(const std::filesystem::path& folder) {
  std::ifstream file(folder / "manifest.json");
  return Json::parse(file);
}

// The rule in the head of make_checkpoint.py.
float generated(const Json& tensor, std::uint64_t seed, std::uint64_t index) {
  std::uint64_t x = 0xCBF29CE484222325U;
  for (const char c : tensor["name"].get<std::string>())
    x = (x ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  x += seed * 0x9E3779B97F4A7C15U + index + 0x9E3779B97F4A7C15U;
  x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9U;
  x = (x ^ x >> 27) * 0x94D049BB133111EBU;
  x ^= x >> 31;
  const float unit = static_cast<float>(x >> 40) / 8388608.0F - 1.0F;
  const float product = tensor["scale"].get<float>() * unit;  // rounded before the sum
  return tensor["offset"].get<float>() + product;
}

TEST(PublishedSafetensors, VitTinyHasItsParameters) {
  MPQ_REQUIRE_SHARED(path, "weights/vit_tiny_patch16_224.safetensors");
  const auto file = checkpoint::open(path);
  EXPECT_EQ(value_count(*file), 5717416);
  EXPECT_EQ(file->get("blocks.11.attn.qkv.weight").shape, (std::vector<std::int64_t>{576, 192}));
}

TEST(PublishedSafetensors, ParityCasesHaveTheNamesShapesAndValuesOfTheirManifest) {
  MPQ_REQUIRE_SHARED(folder, "parity/vit_base_hf");
  const TemporaryFolder temporary;
  const std::string made = temporary / "vit.safetensors";
  if (!ParityCase(folder).write_checkpoint(made)) GTEST_SKIP() << "needs python3-numpy";
  const auto file = checkpoint::open(made);
  const Json expected = manifest(folder);
  ASSERT_EQ(file->tensors().size(), expected["tensors"].size());
  for (std::size_t i = 0; i < file->tensors().size(); ++i) {
    const auto& tensor = file->tensors()[i];
    const Json& entry = expected["tensors"][i];
    EXPECT_EQ(tensor.name, entry["name"].get<std::string>());
    EXPECT_EQ(tensor.shape, entry["shape"].get<std::vector<std::int64_t>>());
    const Floats values = checkpoint::to_float32(*file, tensor);
    for (const std::size_t at : {std::size_t{0}, values.size() / 2, values.size() - 1})
      EXPECT_EQ(values[at], generated(entry, expected["seed"], at)) << tensor.name << " " << at;
  }
}

TEST(PublishedPyTorch, WhisperHasItsDimensionsAndParameters) {
  MPQ_REQUIRE_SHARED(packed, "weights/whisper/whisper-tiny.pt.xz");
  MPQ_REQUIRE_TOOL("xz", "xz-utils");
  const TemporaryFolder temporary;
  const std::string path = temporary / "whisper-tiny.pt";
  ASSERT_EQ(std::system(("xz -dkc " + packed.string() + " >" + path).c_str()), 0);
  const auto file = checkpoint::open(path);
  const Value* dims = file->root()->find("dims");
  ASSERT_NE(dims, nullptr);
  EXPECT_EQ(dims->find("n_mels")->integer, 80);
  EXPECT_EQ(dims->find("n_vocab")->integer, 51865);
  EXPECT_EQ(dims->find("n_audio_state")->integer, 384);
  const auto& embedding = file->get("model_state_dict.decoder.token_embedding.weight");
  EXPECT_EQ(embedding.shape, (std::vector<std::int64_t>{51865, 384}));
  EXPECT_FALSE(file->read(embedding).copied);
}

TEST(PublishedPyTorch, DemucsPackagesHaveTheirClassAndHalfPrecisionState) {
  MPQ_REQUIRE_SHARED(folder, "parity/demucs_package");
  const auto file = checkpoint::open(folder / "demucs_package_tiny.th");
  EXPECT_EQ(file->root()->find("klass")->text, "demucs.hdemucs.HDemucs");
  const Json expected = manifest(folder);
  EXPECT_EQ(file->root()->find("kwargs")->find("sources")->items.size(), 4U);
  EXPECT_EQ(file->root()->find("kwargs")->find("depth")->integer, 4);
  const Value& segment = *file->root()->find("kwargs")->find("segment");
  EXPECT_EQ(segment.text, "fractions.Fraction");
  EXPECT_EQ(segment.args->items[0]->integer, 39);
  EXPECT_EQ(segment.args->items[1]->integer, 5);
  const auto begin = floats(*file, "state.encoder.0.conv.weight");
  EXPECT_EQ(Floats(begin.begin(), begin.begin() + 6), expected["first_tensor"]["values"].get<Floats>());
  ASSERT_EQ(file->tensors().size(), expected["tensors_in_package"].size());
  for (const Json& entry : expected["tensors_in_package"]) {
    const auto& tensor = file->get("state." + entry["name"].get<std::string>());
    EXPECT_EQ(tensor.shape, entry["shape"].get<std::vector<std::int64_t>>()) << tensor.name;
    EXPECT_EQ(tensor.dtype, Dtype::float16) << tensor.name;
  }
}

TEST(PublishedPyTorch, OldFilesAreRead) {
  MPQ_REQUIRE_SHARED(scnn, "weights/dbcnn_scnn/scnn.pkl");
  const auto file = checkpoint::open(scnn);
  EXPECT_EQ(file->format(), "PyTorch (before 1.6)");
  EXPECT_EQ(file->get("module.features.0.weight").shape, (std::vector<std::int64_t>{48, 3, 3, 3}));
  MPQ_REQUIRE_SHARED(cnniqa, "weights/cnniqa/CNNIQA-LIVE");
  const auto iqa = checkpoint::open(cnniqa);
  EXPECT_EQ(iqa->get("conv1.weight").shape, (std::vector<std::int64_t>{50, 1, 7, 7}));
}

// The same weights were published twice: in an old PyTorch file, and within an ONNX model.
TEST(PublishedOnnx, LpipsHasTheValuesOfItsPyTorchFile) {
  MPQ_REQUIRE_SHARED(folder, "weights/lpips_squeeze");
  const auto onnx = checkpoint::open(folder / "lpips_sq.onnx");
  const auto torch = checkpoint::open(folder / "lin_v0.1/squeeze.pth");
  const Floats wanted = floats(*torch, "lin0.model.1.weight");
  bool found = false;
  for (const auto& tensor : onnx->tensors()) found = found || checkpoint::to_float32(*onnx, tensor) == wanted;
  EXPECT_EQ(wanted.size(), 64U);
  EXPECT_TRUE(found);
}

TEST(PublishedOnnx, SaliencyModelHasItsWeights) {
  MPQ_REQUIRE_SHARED(path, "weights/saliency/saliency_student_v2.onnx");
  const auto file = checkpoint::open(path);
  EXPECT_EQ(file->tensors().size(), 25U);
  EXPECT_EQ(file->get("up3.conv.weight").shape, (std::vector<std::int64_t>{32, 48, 3, 3}));
}

TEST(PublishedNumpy, WhisperFiltersAreRead) {
  MPQ_REQUIRE_SHARED(path, "weights/whisper/mel_filters.npz");
  const auto file = checkpoint::open(path);
  EXPECT_EQ(file->get("mel_80").shape, (std::vector<std::int64_t>{80, 201}));
  EXPECT_EQ(file->get("mel_128").shape, (std::vector<std::int64_t>{128, 201}));
  EXPECT_EQ(floats(*file, "mel_80").size(), 80U * 201U);
}

}  // namespace
}  // namespace mpq::test
