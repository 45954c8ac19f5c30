// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// What a reader of one format hands over: the tensors' places, not yet their values.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "checkpoint/checkpoint.h"
#include "core/error.h"

namespace mpq::checkpoint {

/// The whole file.
struct Source {
  std::span<const std::uint8_t> bytes;
  std::shared_ptr<const void> owner;
  bool mapped = false;  ///< `bytes` are a file's own pages, which may be dropped at any time
};

/// One array of the file. `load` may be called at any time from any thread; it holds what it needs.
struct Array {
  Tensor tensor;  ///< the name may be empty
  std::function<Data()> load;
};

struct Contents {
  std::string format;
  std::vector<Array> arrays;
  /// Names and indices into `arrays`; an array may have several names (tied weights) or none.
  std::vector<std::pair<std::string, std::size_t>> names;
  std::map<std::string, std::string> metadata;
  const Value* root = nullptr;
  std::shared_ptr<const void> values;     ///< owns what `root` refers to
  std::span<const std::uint8_t> mapping;  ///< the whole file where it is mapped, or empty

  /// Adds an array that has one name. Throws Error(limit_exceeded) beyond limits::tensors.
  void add(Array array);
};

/// Throws `error` again with the file's name, and a remedy where it has none. What the file put into the
/// sentence is made harmless for terminals and logs.
[[noreturn]] void rethrow_for(const std::string& file, const Error& error);

// The readers. Each takes a file that `looks_like` it; errors name tensor and offset, the file is added
// later.
Contents read_safetensors(const Source& source);
Contents read_torch_legacy(const Source& source);
Contents read_pickle(const Source& source);
Contents read_npy(const Source& source);
Contents read_zip(const Source& source);  ///< PyTorch or npz
Contents read_onnx(const Source& source);

bool looks_like_safetensors(std::span<const std::uint8_t> bytes);
bool looks_like_torch_legacy(std::span<const std::uint8_t> bytes);
bool looks_like_pickle(std::span<const std::uint8_t> bytes);
bool looks_like_npy(std::span<const std::uint8_t> bytes);
bool looks_like_zip(std::span<const std::uint8_t> bytes);
bool looks_like_onnx(std::span<const std::uint8_t> bytes);

}  // namespace mpq::checkpoint
