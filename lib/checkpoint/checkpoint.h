// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Weights as they are published: safetensors, PyTorch files, NumPy files and ONNX models, read without the
// programs that wrote them. Nothing in a file is ever run.
//
//   const auto checkpoint = mpq::checkpoint::open("model.safetensors");
//   for (const auto& tensor : checkpoint->tensors()) std::cout << tensor.name << '\n';
//   const auto weight = mpq::checkpoint::to_float32(*checkpoint, checkpoint->get("conv1.weight"));
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "checkpoint/dtype.h"
#include "checkpoint/value.h"

namespace mpq::checkpoint {

struct Contents;

/// What a checkpoint says of one tensor. The product of the shape is below 2^63 and fits what the file holds.
struct Tensor {
  std::string name;
  Dtype dtype = Dtype::float32;
  std::vector<std::int64_t> shape;  ///< outermost first; empty for a single value

  std::int64_t elements() const noexcept;
  std::size_t bytes() const noexcept;
};

/// Values of a tensor: row-major, of this machine's byte order, aligned to their own size.
struct Data {
  std::span<const std::uint8_t> bytes;
  std::shared_ptr<const void> owner;  ///< keeps `bytes` alive: the file's mapping, or a copy
  bool copied = false;                ///< false: `bytes` lie in the file itself
};

/// A file of weights. Immutable: all functions may be called from several threads at once. The file must not
/// be changed or cut short while it is open (write a new one and rename it).
class Checkpoint {
 public:
  Checkpoint(std::string file, std::uint64_t file_bytes, Contents contents);
  ~Checkpoint();
  Checkpoint(const Checkpoint&) = delete;
  Checkpoint& operator=(const Checkpoint&) = delete;

  const std::string& file() const noexcept { return file_; }
  /// "safetensors", "PyTorch", "PyTorch (before 1.6)", "pickle", "NumPy", "NumPy (npz)" or "ONNX".
  const std::string& format() const noexcept;

  /// In the file's order. Tensors within dicts, lists and objects have the keys on the way as their name,
  /// with dots between, as state_dict() has. A plain .npy has one, without a name.
  const std::vector<Tensor>& tensors() const noexcept { return tensors_; }
  /// Null where there is none.
  const Tensor* find(std::string_view name) const noexcept;
  /// Throws Error(mismatch) where there is none.
  const Tensor& get(std::string_view name) const;

  /// Values of one of `tensors()`. Without a copy where the file has them as they are returned.
  /// Throws Error(corrupt_data, unsupported, limit_exceeded), which names file and tensor;
  /// Error(invalid_argument) for a tensor of another checkpoint.
  Data read(const Tensor& tensor) const;

  /// Lets the system take back the memory of values that were read, as far as they lie in the file itself.
  /// They stay valid: who touches them again has them read from the disk again.
  void release(const Data& data) const noexcept;

  /// What the file says of itself, for example safetensors' `__metadata__`.
  const std::map<std::string, std::string>& metadata() const noexcept;
  /// The data of a pickled file; null for the other formats.
  const Value* root() const noexcept;
  /// What a Value of the kind `tensor` refers to: its type and shape. `index` is Value::integer.
  const Tensor& array(std::size_t index) const;
  Data read_array(std::size_t index) const;

 private:
  Data load(std::size_t entry, const Tensor& tensor) const;

  std::string file_;
  std::unique_ptr<const Contents> contents_;
  std::vector<Tensor> tensors_;
  std::unordered_map<std::string_view, std::size_t> by_name_;
};

/// Opens a file of any of the formats, told apart by their content. Maps it into memory; values are read when
/// they are asked for. Throws Error: io (cannot be read), unsupported (another format; the remedy says what
/// to do where we know it), corrupt_data, limit_exceeded; each names the file, the tensor and the offset.
std::shared_ptr<const Checkpoint> open(const std::filesystem::path& path);

/// The same for a file in memory. `bytes` must live as long as the checkpoint and all Data of it, or as
/// `owner`. `name` is what errors call it.
std::shared_ptr<const Checkpoint> read(std::span<const std::uint8_t> bytes, const std::string& name,
                                       std::shared_ptr<const void> owner = nullptr);

/// The values as float32, rounded to nearest where they have more digits. Throws what `Checkpoint::read`
/// throws, and Error(unsupported) for complex and 8-bit floating-point values.
std::vector<float> to_float32(const Checkpoint& checkpoint, const Tensor& tensor);
std::vector<float> to_float32(std::span<const std::uint8_t> bytes, Dtype dtype);

/// Values of type float16, bfloat16, float32 or float64 as float16, bfloat16 or float32, rounded to nearest,
/// of two the even one. Throws Error(unsupported) for other types, and where a finite value is beyond the
/// range.
std::vector<std::uint8_t> to_type(std::span<const std::uint8_t> bytes, Dtype from, Dtype to);

/// What is in the file, for people: format, number of tensors and values, then one line a tensor (name, type,
/// shape), metadata and, for pickles, what is beside the tensors.
std::string describe(const Checkpoint& checkpoint);

}  // namespace mpq::checkpoint
