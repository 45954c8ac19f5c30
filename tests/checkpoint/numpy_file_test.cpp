// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include <gtest/gtest.h>

#include "checkpoint_files.h"

namespace mpq::test {
namespace {

using checkpoint::Dtype;

const Floats table{0, 1, 2, 3, 4, 5};

FileBytes npy(const std::string& header, std::size_t values) {
  FileBytes bytes = characters(std::string("\x93NUMPY\x01\0", 8));
  bytes.push_back(static_cast<std::uint8_t>(header.size()));
  bytes.push_back(static_cast<std::uint8_t>(header.size() >> 8));
  bytes.insert(bytes.end(), header.begin(), header.end());
  bytes.resize(bytes.size() + values);
  return bytes;
}

FileBytes npy_of(const std::string& type, const std::string& shape, std::size_t values) {
  return npy("{'descr': " + type + ", 'fortran_order': False, 'shape': " + shape + ", }\n", values);
}

TEST(Npy, GivesOneTensorWithoutAName) {
  const auto file = open_small("numpy_file/f4.npy");
  EXPECT_EQ(file->format(), "NumPy");
  EXPECT_EQ(names(*file), Names{""});
  EXPECT_EQ(file->tensors()[0].shape, (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(floats(*file, ""), table);
  EXPECT_FALSE(file->read(file->tensors()[0]).copied);
}

TEST(Npy, IsBroughtIntoRowMajorOrderOfThisMachine) {
  for (const char* name : {"f2.npy", "fortran.npy", "big_endian.npy"})
    EXPECT_EQ(floats(*open_small(std::string("numpy_file/") + name), ""), table) << name;
}

TEST(Npy, MayHoldOneValueOrNone) {
  EXPECT_EQ(floats(*open_small("numpy_file/scalar.npy"), ""), Floats{200});
  EXPECT_TRUE(floats(*open_small("numpy_file/empty.npy"), "").empty());
}

TEST(Npy, SwapsThePartsOfComplexNumbersEach) {
  const auto file = open_small("numpy_file/complex.npy");
  const auto data = file->read(file->tensors()[0]);
  EXPECT_EQ(checkpoint::to_float32(data.bytes, Dtype::float32), (Floats{1, 2}));
  EXPECT_THROW(floats(*file, ""), Error);
}

TEST(Npz, HasOneTensorAMember) {
  for (const char* name : {"arrays.npz", "compressed.npz"}) {
    SCOPED_TRACE(name);
    const auto file = open_small(std::string("numpy_file/") + name);
    EXPECT_EQ(file->format(), "NumPy (npz)");
    EXPECT_EQ(names(*file), (Names{"a", "b.weight", "c"}));
    EXPECT_EQ(floats(*file, "a"), table);
    EXPECT_EQ(floats(*file, "b.weight"), (Floats{1, 0}));
    EXPECT_EQ(floats(*file, "c"), Floats{0.25F});
  }
}

TEST(Npy, OfAnythingButNumbersIsRefused) {
  for (const char* type : {"'|O'", "'<U3'", "'|S3'", "[('a', '<f4')]", "'<M8[ns]'"})
    EXPECT_EQ(error_of(npy_of(type, "(1,)", 4), "is no number"), ErrorCode::unsupported) << type;
}

TEST(Npy, WithWrongHeadersOrSizesIsRefused) {
  EXPECT_EQ(error_of(npy_of("'<f4'", "(2,)", 7), "takes 8 bytes"), ErrorCode::corrupt_data);
  EXPECT_EQ(error_of(npy_of("'<f4'", "(2,)", 9), "takes 8 bytes"), ErrorCode::corrupt_data);
  EXPECT_EQ(error_of(npy_of("'<f4'", "(-1,)", 4), "negative"), ErrorCode::corrupt_data);
  EXPECT_EQ(error_of(npy_of("'<f4'", "(4294967296, 4294967296)", 4), "absurdly"), ErrorCode::limit_exceeded);
  EXPECT_EQ(error_of(npy_of("'<f4'", "(1", 4), "header"), ErrorCode::corrupt_data);
  EXPECT_EQ(error_of(npy_of("'<f4'", "(__import__('os'),)", 4), "header"), ErrorCode::corrupt_data);
  EXPECT_EQ(error_of(npy("{'descr': '<f4'}", 4), "header"), ErrorCode::corrupt_data);
  EXPECT_EQ(error_of(npy(std::string(60000, ' '), 4), "60000 bytes"), ErrorCode::limit_exceeded);
}

}  // namespace
}  // namespace mpq::test
