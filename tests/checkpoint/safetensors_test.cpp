// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include <gtest/gtest.h>

#include "checkpoint_files.h"
#include "tests/support/damage.h"

namespace mpq::test {
namespace {

using checkpoint::Dtype;

FileBytes safetensors(const std::string& header, std::size_t values, std::size_t length) {
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &length, 8);
  return characters(bytes + header + std::string(values, '\0'));
}

FileBytes safetensors(const std::string& header, std::size_t values) {
  return safetensors(header, values, header.size());
}

TEST(Safetensors, HaveNamesTypesShapesAndMetadata) {
  const auto file = open_small("safetensors/types.safetensors");
  EXPECT_EQ(file->format(), "safetensors");
  EXPECT_EQ(names(*file), (Names{"f32", "f16", "bf16", "i64", "flag", "empty"}));
  EXPECT_EQ(file->get("f32").shape, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(file->get("bf16").dtype, Dtype::bfloat16);
  EXPECT_EQ(file->get("i64").shape.size(), 0U);
  EXPECT_EQ(file->get("empty").elements(), 0);
  EXPECT_EQ(file->metadata().at("labels"), "a,b");
  EXPECT_EQ(file->root(), nullptr);
}

TEST(Safetensors, HaveValuesOfEveryType) {
  const auto file = open_small("safetensors/types.safetensors");
  EXPECT_EQ(floats(*file, "f32"), (Floats{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(floats(*file, "f16"), (Floats{1, -2, 65504}));
  EXPECT_EQ(floats(*file, "bf16"), (Floats{1, -3}));
  EXPECT_EQ(floats(*file, "i64"), Floats{-5});
  EXPECT_EQ(floats(*file, "flag"), (Floats{1, 0}));
  EXPECT_TRUE(floats(*file, "empty").empty());
}

TEST(Safetensors, AreReadInPlaceAndOutliveTheirCheckpoint) {
  auto file = open_small("safetensors/types.safetensors");
  const checkpoint::Data data = file->read(file->get("f32"));
  EXPECT_FALSE(data.copied);
  file.reset();
  float last = 0;
  std::memcpy(&last, data.bytes.data() + 20, 4);
  EXPECT_EQ(last, 5);
}

TEST(Safetensors, ThatAreMisalignedAreCopied) {
  const auto bytes = safetensors(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}} )", 4);
  ASSERT_NE((bytes.size() - 4) % 4, 0U);
  const auto file = checkpoint::read(bytes, "FILE");
  EXPECT_TRUE(file->read(file->tensors()[0]).copied);
}

TEST(Safetensors, WithGapsOverlapsOrWrongSizesAreRefused) {
  const std::string a =
      R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],)";
  EXPECT_EQ(error_of(safetensors(a + R"("data_offsets":[3,5]}})", 5), "\"b\" begins"),
            ErrorCode::corrupt_data);
  EXPECT_EQ(error_of(safetensors(a + R"("data_offsets":[1,3]}})", 3), "\"b\" begins"),
            ErrorCode::corrupt_data);
  EXPECT_EQ(error_of(safetensors(a + R"("data_offsets":[2,4]}})", 5), "tensors end"),
            ErrorCode::corrupt_data);
  EXPECT_EQ(error_of(safetensors(a + R"("data_offsets":[2,5]}})", 5), "takes 2 bytes"),
            ErrorCode::corrupt_data);
  EXPECT_EQ(error_of(safetensors(a + R"("data_offsets":[2,4]}})", 3), "not within"), ErrorCode::corrupt_data);
  EXPECT_EQ(error_of(safetensors(a + R"("data_offsets":[4,2]}})", 4), "not within"), ErrorCode::corrupt_data);
}

TEST(Safetensors, WithAbsurdShapesAreRefused) {
  const auto shaped = [](const std::string& shape) {
    return safetensors(R"({"a":{"dtype":"F32","shape":[)" + shape + R"(],"data_offsets":[0,4]}})", 4);
  };
  EXPECT_EQ(error_of(shaped("4611686018427387904,4,4"), "absurdly large"), ErrorCode::limit_exceeded);
  EXPECT_EQ(error_of(shaped("4294967296,4294967296"), "absurdly large"), ErrorCode::limit_exceeded);
  EXPECT_EQ(error_of(shaped("99999999999999999999"), "fraction"), ErrorCode::corrupt_data);
  EXPECT_EQ(error_of(shaped("-1"), "negative"), ErrorCode::corrupt_data);
  EXPECT_EQ(error_of(shaped("[1]"), "a list"), ErrorCode::corrupt_data);
}

TEST(Safetensors, WithWrongHeadersAreRefused) {
  EXPECT_EQ(error_of(safetensors("{}", 0, 99), "bytes are expected"), ErrorCode::corrupt_data);
  EXPECT_EQ(error_of(safetensors("{}", 0, 1U << 30), "header's length"), ErrorCode::limit_exceeded);
  EXPECT_EQ(error_of(safetensors(R"({"a":1})", 0), "a number"), ErrorCode::corrupt_data);
  EXPECT_EQ(error_of(safetensors(R"({"a":{}})", 0), "lacks"), ErrorCode::corrupt_data);
  EXPECT_EQ(error_of(safetensors(R"({"a":{"b":{}}})", 0), "an object"), ErrorCode::corrupt_data);
  EXPECT_EQ(error_of(safetensors(R"({"a")", 0), "not valid JSON"), ErrorCode::corrupt_data);
  EXPECT_EQ(error_of(safetensors(R"({"a":{"dtype":"F4"}})", 0), "\"F4\""), ErrorCode::unsupported);
  const std::string one = R"("a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
  EXPECT_EQ(error_of(safetensors("{" + one + "," + one + "}", 0), "twice"), ErrorCode::corrupt_data);
}

TEST(Safetensors, ErrorsNameTheFileTheTensorAndTheRemedy) {
  const auto bytes = safetensors(R"({"conv1.weight":{"dtype":"F32","shape":[3],"data_offsets":[0,4]}})", 4);
  try {
    checkpoint::read(bytes, "model.safetensors");
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(),
                 "model.safetensors: tensor \"conv1.weight\": its shape [3] of float32 takes 12 bytes, "
                 "but it has 4 at byte 73");
    EXPECT_EQ(error.remedy(), "Download or copy the file again.");
  }
}

}  // namespace
}  // namespace mpq::test
