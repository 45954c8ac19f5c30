// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// What must hold of every checkpoint that was opened, whatever its bytes.
#pragma once

#include "checkpoint/checkpoint.h"
#include "tests/support/fuzz.h"

namespace mpq::test {

// Larger tensors are valid, but would only slow the search down.
constexpr std::size_t largest_read = std::size_t{1} << 20;

inline void check_data(const checkpoint::Tensor& tensor, const checkpoint::Data& data) {
  const std::size_t alignment = std::min<std::size_t>(checkpoint::size_of(tensor.dtype), 8);
  require(data.bytes.size() == tensor.bytes(), "a tensor has the bytes that its shape takes");
  require(reinterpret_cast<std::uintptr_t>(data.bytes.data()) % alignment == 0, "values are aligned");
  volatile unsigned sum = 0;
  for (const std::uint8_t byte : data.bytes) sum = sum + byte;  // each is there
}

/// One fuzz input: opens it, and reads and lists all that is in it.
inline void use_checkpoint(Bytes bytes) {
  answers([&] {
    const auto file = checkpoint::read(bytes, "FILE");
    require(checkpoint::describe(*file).starts_with("FILE: "), "a checkpoint can be listed");
    for (const auto& tensor : file->tensors()) {
      require(file->find(tensor.name) == &tensor, "a tensor is found by its name");
      if (tensor.bytes() > largest_read) continue;
      answers([&] { check_data(tensor, file->read(tensor)); });
      answers([&] { checkpoint::to_float32(*file, tensor); });
    }
  });
}

}  // namespace mpq::test
