// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include <gtest/gtest.h>

#include "checkpoint_files.h"

namespace mpq::test {
namespace {

using checkpoint::Dtype;

const Floats table{0, 1, 2, 3, 4, 5}, less_one{-1, 0, 1, 2, 3, 4};

// Fields of Protocol Buffers, for models by hand.
std::string field(int number, const std::string& bytes) {
  return std::string{static_cast<char>(number << 3 | 2), static_cast<char>(bytes.size())} + bytes;
}
std::string field(int number, int value) {
  return {static_cast<char>(number << 3), static_cast<char>(value)};
}
FileBytes model(const std::string& tensor) {
  return characters(field(1, 8) + field(7, field(5, field(8, "w") + tensor)));
}

TEST(Onnx, HasTheWeightsOfAModel) {
  const auto file = open_small("onnx_file/types.onnx");
  EXPECT_EQ(file->format(), "ONNX");
  EXPECT_EQ(file->metadata().at("producer"), "make_data");
  EXPECT_EQ(file->metadata().at("licence"), "none");
  EXPECT_EQ(floats(*file, "raw"), table);
  EXPECT_EQ(file->get("raw").shape, (std::vector<std::int64_t>{2, 3}));
}

TEST(Onnx, HasValuesInFieldsOfTheirTypes) {
  const auto file = open_small("onnx_file/types.onnx");
  for (const char* type : {"f4", "f2", "f8", "u1", "u8"})
    EXPECT_EQ(floats(*file, std::string("typed_") + type), table) << type;
  for (const char* type : {"i8", "i4", "i1"})
    EXPECT_EQ(floats(*file, std::string("typed_") + type), less_one) << type;
  EXPECT_EQ(floats(*file, "typed_b1"), (Floats{0, 1, 1, 1, 1, 1}));
  EXPECT_EQ(file->get("typed_f2").dtype, Dtype::float16);
}

TEST(Onnx, HasWeightsOfGraphsWithinGraphs) {
  const auto file = open_small("onnx_file/types.onnx");
  EXPECT_EQ(floats(*file, "within"), Floats{8});
  EXPECT_EQ(floats(*file, "raw'"), Floats{9});  // the name was taken
}

TEST(Onnx, AddsQuantisedWeightsAsNumbers) {
  const auto file = open_small("onnx_file/quantised.onnx");
  EXPECT_EQ(file->get("w_quantized").dtype, Dtype::uint8);
  EXPECT_EQ(floats(*file, "w"), (Floats{-0.5, 0, 0.5, 1, 1.5, 127}));  // (q - 1) / 2
  EXPECT_EQ(floats(*file, "m"), (Floats{0, 0, 0, 3, 6, 1012}));        // columns: q, 2 (q - 1), 4 (q - 2)
  EXPECT_EQ(floats(*file, "k"), (Floats{0, 1, 2, 0, 10, 2520}));       // filters: q, 10 (q - 3)
  EXPECT_EQ(floats(*file, "v_dequantized"), (Floats{-128, 381}));      // v, 3 v
  EXPECT_EQ(file->get("k").shape, (std::vector<std::int64_t>{2, 3, 1}));
}

TEST(Onnx, WithWrongSizesIsRefused) {
  const std::string two_floats = field(1, 2) + field(2, 1);
  use_all(model(two_floats + field(9, "12345678")));
  EXPECT_EQ(error_of(model(two_floats + field(9, "1234567")), "tensor \"w\" at byte"),
            ErrorCode::corrupt_data);
  EXPECT_EQ(error_of(model(two_floats), "takes 8 bytes, but it has 0"), ErrorCode::corrupt_data);
  EXPECT_EQ(error_of(model(two_floats + field(4, "1234") + field(9, "1234")), "two fields"),
            ErrorCode::corrupt_data);
  EXPECT_EQ(error_of(model(field(1, 9) + field(2, 7) + field(7, "12345678")), "takes at least 9 bytes"),
            ErrorCode::corrupt_data);
}

// A field for each value, as old writers had it.
TEST(Onnx, HasValuesThatArePackedOrLoose) {
  const std::string two_numbers = field(1, 2) + field(2, 7);
  for (const std::string& values :
       {field(7, "\x05\x06"), field(7, 5) + field(7, 6), field(7, "\x05") + field(7, 6)}) {
    const auto bytes = model(two_numbers + values);
    EXPECT_EQ(floats(*checkpoint::read(bytes, "FILE"), "w"), (Floats{5, 6}));
  }
}

TEST(Onnx, OpensNoOtherFile) {
  const std::string place = field(13, field(1, "location") + field(2, "/etc/passwd"));
  EXPECT_EQ(error_of(model(field(1, 1) + field(2, 1) + place + field(14, 1)), "another file"),
            ErrorCode::unsupported);
}

TEST(Onnx, OfUnknownTypesIsRefused) {
  EXPECT_EQ(error_of(model(field(1, 1) + field(2, 8) + field(6, "text")), "type 8"), ErrorCode::unsupported);
}

}  // namespace
}  // namespace mpq::test
