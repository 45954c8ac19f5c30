// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Reads NumPy .npy files of unsigned bytes, as far as the tests' reference data needs it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <numeric>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace mpq::test {

struct ByteArray {
  std::vector<std::size_t> shape;
  std::vector<std::uint8_t> data;  ///< C order
};

/// Throws std::runtime_error for anything but a C-ordered array of u1, format version 1.
inline ByteArray read_npy(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const auto fail = [&path] { throw std::runtime_error("not a .npy file of bytes: " + path.string()); };
  if (bytes.size() < 10 || bytes.compare(0, 8, std::string("\x93NUMPY\x01\0", 8)) != 0) fail();
  const std::size_t header_size =
      static_cast<std::uint8_t>(bytes[8]) + std::size_t{256} * static_cast<std::uint8_t>(bytes[9]);
  if (bytes.size() < 10 + header_size) fail();
  const std::string header = bytes.substr(10, header_size);
  const auto open = header.find("'shape': ("), close = header.find(')');
  if (header.find("'|u1'") == std::string::npos ||
      header.find("'fortran_order': False") == std::string::npos || open == std::string::npos ||
      close == std::string::npos) {
    fail();
  }
  ByteArray array;
  std::istringstream sizes(header.substr(open + 10, close - open - 10));
  for (std::string size; std::getline(sizes, size, ',');) {
    if (size.find_first_of("0123456789") != std::string::npos) array.shape.push_back(std::stoul(size));
  }
  array.data.assign(bytes.begin() + 10 + static_cast<std::ptrdiff_t>(header_size), bytes.end());
  if (std::accumulate(array.shape.begin(), array.shape.end(), std::size_t{1}, std::multiplies<>()) !=
      array.data.size()) {
    fail();
  }
  return array;
}

}  // namespace mpq::test
