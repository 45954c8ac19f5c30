// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Prints what is in weight files, so that machines of other byte orders can be compared
// (tests/entropy/cross.py). It goes without open(), which needs zlib for PyTorch's and NumPy's archives.
//
// usage: cross_checkpoint FILE-OR-FOLDER...
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>

#include "checkpoint/contents.h"
#include "checkpoint/safetensors_writer.h"

namespace mpq::checkpoint {
namespace {

using FileBytes = std::vector<std::uint8_t>;
namespace fs = std::filesystem;

FileBytes bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::uint64_t hash(std::span<const std::uint8_t> bytes) {
  std::uint64_t sum = 0xCBF29CE484222325;
  for (const std::uint8_t byte : bytes) sum = (sum ^ byte) * 0x100000001B3;
  return sum;
}

/// Of values times 2^20 and their places, modulo 2^64: exact, and another one in another order.
std::uint64_t sum(const std::vector<float>& values) {
  std::uint64_t sum = 0, place = 1;
  for (const float value : values) {
    const double scaled = std::ldexp(static_cast<double>(value), 20);
    const bool fits = std::abs(scaled) < 0x1p62;
    sum += static_cast<std::uint64_t>(fits ? std::llrint(scaled) : 1) * place++;
  }
  return sum;
}

void print_tensor(const Checkpoint& file, const Tensor& tensor) {
  std::cout << "  " << tensor.name << ' ' << name_of(tensor.dtype) << " [";
  for (const std::int64_t size : tensor.shape) std::cout << ' ' << size;
  std::cout << " ] ";
  try {
    std::cout << sum(to_float32(file, tensor)) << '\n';
  } catch (const Error& error) {
    std::cout << error.what() << '\n';
  }
}

/// Written again, it has the same bytes everywhere, and is read again. Its tensors then lie in another order.
void print_rewritten(const std::shared_ptr<const Checkpoint>& file) {
  const fs::path copy = fs::temp_directory_path() / ("mpq-cross-" + std::to_string(std::rand()));
  try {
    write_safetensors(copy, tensors_of(file), file->metadata());
    const FileBytes bytes = bytes_of(copy);
    const Checkpoint again("copy", bytes.size(), read_safetensors({bytes, nullptr}));
    std::cout << "  as safetensors: " << again.tensors().size() << " tensors, " << hash(bytes) << '\n';
  } catch (const Error& error) {
    // The name of the file is not the same everywhere.
    std::cout << "  not as safetensors, error " << static_cast<int>(error.code()) << '\n';
  }
  fs::remove(copy);
}

std::shared_ptr<const Checkpoint> read(const FileBytes& bytes, const std::string& name) {
  const Source source{bytes, nullptr};
  const auto read = looks_like_npy(bytes)            ? read_npy
                    : looks_like_torch_legacy(bytes) ? read_torch_legacy
                    : looks_like_pickle(bytes)       ? read_pickle
                    : looks_like_safetensors(bytes)  ? read_safetensors
                                                     : read_onnx;
  return std::make_shared<const Checkpoint>(name, bytes.size(), read(source));
}

void print_file(const fs::path& path) {
  const FileBytes bytes = bytes_of(path);
  if (bytes.size() < 2 || (bytes[0] == 'P' && bytes[1] == 'K')) return;
  std::cout << path.filename().string() << '\n';
  try {
    const auto file = read(bytes, path.filename().string());
    for (const Tensor& tensor : file->tensors()) print_tensor(*file, tensor);
    if (file->root() != nullptr) std::cout << "  " << preview(*file->root(), 2000) << '\n';
    print_rewritten(file);
  } catch (const Error& error) {
    std::cout << "  " << error.what() << '\n';
  }
}

void run(const fs::path& path) {
  if (!fs::is_directory(path)) return print_file(path);
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(path))
    if (entry.is_regular_file()) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  for (const fs::path& file : files) print_file(file);
}

}  // namespace
}  // namespace mpq::checkpoint

int main(int count, char** arguments) {
  for (int i = 1; i < count; ++i) mpq::checkpoint::run(arguments[i]);
  return 0;
}
