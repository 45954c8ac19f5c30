// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The small weight files that make_data.py wrote, and what tests ask of any checkpoint.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "checkpoint/checkpoint.h"
#include "core/error.h"

namespace mpq::test {

using FileBytes = std::vector<std::uint8_t>;
using Floats = std::vector<float>;
using Names = std::vector<std::string>;

/// `name` is "torch_file/views.pt" and so on.
inline std::filesystem::path small_file(const std::string& name) {
  const char* folder = std::getenv("MPQ_CHECKPOINT_SEEDS");
  return std::filesystem::path(folder == nullptr ? "tests/checkpoint/seeds" : folder) / name;
}

inline std::shared_ptr<const checkpoint::Checkpoint> open_small(const std::string& name) {
  return checkpoint::open(small_file(name));
}

inline FileBytes bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline FileBytes characters(const std::string& text) {
  return {text.begin(), text.end()};
}

inline Floats floats(const checkpoint::Checkpoint& file, const std::string& name) {
  return checkpoint::to_float32(file, file.get(name));
}

inline Names names(const checkpoint::Checkpoint& file) {
  Names all;
  for (const auto& tensor : file.tensors()) all.push_back(tensor.name);
  return all;
}

inline std::int64_t value_count(const checkpoint::Checkpoint& file) {
  std::int64_t count = 0;
  for (const auto& tensor : file.tensors()) count += tensor.elements();
  return count;
}

/// Opens and reads everything; for files in memory.
inline void use_all(std::span<const std::uint8_t> bytes) {
  const auto file = checkpoint::read(bytes, "FILE");
  for (const auto& tensor : file->tensors()) file->read(tensor);
}

/// The Error of opening and reading these bytes, whose sentence must have `part` in it.
inline ErrorCode error_of(std::span<const std::uint8_t> bytes, const std::string& part) {
  try {
    use_all(bytes);
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    EXPECT_TRUE(std::string(error.what()).starts_with("FILE: ")) << error.what();
    EXPECT_FALSE(error.remedy().empty()) << error.what();
    return error.code();
  }
  ADD_FAILURE() << "no Error was thrown";
  return ErrorCode::internal;
}

}  // namespace mpq::test
