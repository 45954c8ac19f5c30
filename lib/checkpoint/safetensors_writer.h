// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Writes safetensors files: weights of any checkpoint, or a program's own.
//
//   const std::vector<float> bias = ...;
//   write_safetensors("mine.safetensors", {{{"bias", Dtype::float32, {3}}, [&] { return view(bias); }}});
//
//   write_safetensors("half.safetensors", tensors_of(mpq::checkpoint::open("model.pth"), Dtype::float16));
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "checkpoint/checkpoint.h"

namespace mpq::checkpoint {

/// A tensor to be written. `load` is called once, on the thread that writes, when it is this tensor's turn;
/// what it returns is let go before the next, so that only one needs to be in memory. It gives
/// `tensor.bytes()` bytes, row-major and of this machine's byte order; what it throws ends the writing.
struct TensorSource {
  Tensor tensor;
  std::function<Data()> load;
};

/// `values` where they are; they must live until they are written.
template <class Value>
Data view(const std::vector<Value>& values) {
  return {
      {reinterpret_cast<const std::uint8_t*>(values.data()), values.size() * sizeof(Value)}, nullptr, false};
}

/// All tensors of `checkpoint` in its order; floating-point ones as `floating_point` (float16, bfloat16 or
/// float32) where that is given. Each keeps the checkpoint open. What `load` throws names file and tensor; it
/// is what `Checkpoint::read` and `to_type` throw.
std::vector<TensorSource> tensors_of(const std::shared_ptr<const Checkpoint>& checkpoint,
                                     std::optional<Dtype> floating_point = std::nullopt);

/// Writes a file that has the tensors under their names, with their types and shapes, and `metadata` as
/// `__metadata__` where there is any. The header has the order of `tensors`; the values lie by the size of
/// their type, largest first, so that each is aligned. A file of this name is replaced when the new one is on
/// the disk, and left as it is if anything fails; where it is open as a checkpoint, that stays readable. May
/// be called from several threads at once. Throws Error: unsupported (complex values, which most readers of
/// safetensors do not know; names that are not UTF-8), invalid_argument (a name twice, or "__metadata__"),
/// limit_exceeded and corrupt_data (names and shapes that `open` would refuse), mismatch (`load` gives
/// another number of bytes), io (a full disk, for example); and what `load` throws.
void write_safetensors(const std::filesystem::path& path, const std::vector<TensorSource>& tensors,
                       const std::map<std::string, std::string>& metadata = {});

}  // namespace mpq::checkpoint
