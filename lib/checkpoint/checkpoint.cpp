// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "checkpoint/checkpoint.h"

#include <algorithm>
#include <functional>

#include "checkpoint/contents.h"
#include "checkpoint/layout.h"
#include "checkpoint/limits.h"
#include "core/error.h"
#include "core/text.h"

namespace mpq::checkpoint {
namespace {

constexpr const char* fetch_again = "Download or copy the file again.";

const char* remedy_of(ErrorCode code) {
  return code == ErrorCode::limit_exceeded ? "Save the weights as a .safetensors file, if you trust this one."
                                           : fetch_again;
}

std::string label(const std::string& name) {
  return name.empty() ? "its tensor" : text("tensor \"", name, "\"");
}

// Whoever reads all tensors of a hostile file shall not need much more memory than it has bytes.
void check_growth(const Contents& contents, std::uint64_t file_bytes) {
  const std::uint64_t most = file_bytes * limits::growth + limits::growth_allowance;
  std::uint64_t unnamed = 0, named = 0;
  for (const Array& array : contents.arrays)
    if ((unnamed += bytes_of(array.tensor.dtype, array.tensor.shape)) > most) break;
  for (const auto& [name, index] : contents.names)
    if ((named += contents.arrays[index].tensor.bytes()) > most) break;
  if (std::max(named, unnamed) > most)
    throw Error(ErrorCode::limit_exceeded, text("its tensors claim more than ", limits::growth, " times the ",
                                                file_bytes, " bytes of the file"));
}

}  // namespace

std::int64_t Tensor::elements() const noexcept {
  std::int64_t count = 1;
  for (const std::int64_t size : shape) count *= size;
  return count;
}

std::size_t Tensor::bytes() const noexcept {
  return static_cast<std::size_t>(elements()) * size_of(dtype);
}

void Contents::add(Array array) {
  if (arrays.size() >= limits::tensors)
    throw Error(ErrorCode::limit_exceeded, text("it has more than ", limits::tensors, " tensors"));
  names.emplace_back(array.tensor.name, arrays.size());
  arrays.push_back(std::move(array));
}

void rethrow_for(const std::string& file, const Error& error) {
  std::string cause = error.what();
  for (char& c : cause) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 32 || byte >= 127) c = '?';
  }
  throw Error(error.code(), text(file, ": ", cause),
              error.remedy().empty() ? remedy_of(error.code()) : error.remedy());
}

Checkpoint::Checkpoint(std::string file, std::uint64_t file_bytes, Contents contents)
    : file_(std::move(file)), contents_(std::make_unique<const Contents>(std::move(contents))) {
  tensors_.reserve(contents_->names.size());
  for (const auto& [name, index] : contents_->names) {
    const Tensor& tensor = contents_->arrays[index].tensor;
    tensors_.push_back({name, tensor.dtype, tensor.shape});
  }
  for (std::size_t i = 0; i < tensors_.size(); ++i) {
    if (!by_name_.emplace(tensors_[i].name, i).second)
      throw Error(ErrorCode::corrupt_data, text("two tensors are called \"", tensors_[i].name, "\""));
  }
  check_growth(*contents_, file_bytes);
}

Checkpoint::~Checkpoint() = default;

const std::string& Checkpoint::format() const noexcept {
  return contents_->format;
}

const std::map<std::string, std::string>& Checkpoint::metadata() const noexcept {
  return contents_->metadata;
}

const Value* Checkpoint::root() const noexcept {
  return contents_->root;
}

const Tensor* Checkpoint::find(std::string_view name) const noexcept {
  const auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : &tensors_[found->second];
}

const Tensor& Checkpoint::get(std::string_view name) const {
  if (const Tensor* tensor = find(name)) return *tensor;
  throw Error(ErrorCode::mismatch, text(file_, " has no tensor \"", name, "\""),
              "Name the checkpoint of the right model.");
}

Data Checkpoint::read(const Tensor& tensor) const {
  const std::less<const Tensor*> before;
  const Tensor* const first = tensors_.data();
  if (before(&tensor, first) || !before(&tensor, first + tensors_.size()))
    throw Error(ErrorCode::invalid_argument, text(label(tensor.name), " is not one of ", file_));
  return load(contents_->names[static_cast<std::size_t>(&tensor - first)].second, tensor);
}

const Tensor& Checkpoint::array(std::size_t index) const {
  if (index >= contents_->arrays.size())
    throw Error(ErrorCode::invalid_argument, text(file_, " has no array ", index));
  return contents_->arrays[index].tensor;
}

Data Checkpoint::read_array(std::size_t index) const {
  return load(index, array(index));
}

Data Checkpoint::load(std::size_t entry, const Tensor& tensor) const {
  try {
    return contents_->arrays[entry].load();
  } catch (const Error& error) {
    rethrow_for(file_, {error.code(), text(label(tensor.name), ": ", error.what()), error.remedy()});
  } catch (const std::bad_alloc&) {
    rethrow_for(file_, Error(ErrorCode::limit_exceeded, text(label(tensor.name), ": not enough memory")));
  }
}

}  // namespace mpq::checkpoint
