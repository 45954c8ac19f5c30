// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "checkpoint/safetensors_writer.h"

#include <algorithm>
#include <array>
#include <bit>
#include <nlohmann/json.hpp>
#include <numeric>
#include <unordered_set>

#include "checkpoint/contents.h"
#include "checkpoint/layout.h"
#include "checkpoint/limits.h"
#include "checkpoint/new_file.h"
#include "checkpoint/safetensors_types.h"
#include "core/text.h"

namespace mpq::checkpoint {
namespace {

std::string quoted(const std::string& words) {
  try {
    return nlohmann::json(words).dump();
  } catch (const nlohmann::json::exception&) {
    throw Error(ErrorCode::unsupported,
                text("\"", words.substr(0, 100), "\" is not UTF-8, which safetensors demands"),
                "Rename it, or leave it out.");
  }
}

// What only describes is no reason to refuse: other formats cut long texts within a character.
std::string described(const std::string& words) {
  return nlohmann::json(words).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

// Not complex64 either: mpq reads it, most libraries do not.
std::string_view word_of(Dtype dtype) {
  const auto found = std::find_if(safetensors_types.begin(), safetensors_types.end(),
                                  [&](const auto& type) { return type.second == dtype; });
  if (dtype == Dtype::complex64 || found == safetensors_types.end())
    throw Error(ErrorCode::unsupported, text("safetensors files have no values of type ", name_of(dtype)),
                "Save the real and the imaginary part as two tensors.");
  return found->first;
}

void check_name(const std::string& name, std::unordered_set<std::string_view>& names) {
  if (name.size() > limits::name_bytes)
    throw Error(ErrorCode::limit_exceeded, text("its name has more than ", limits::name_bytes, " bytes"),
                "Give it a shorter name.");
  if (name == "__metadata__" || !names.insert(name).second)
    throw Error(ErrorCode::invalid_argument,
                name == "__metadata__" ? "safetensors keeps this name for itself" : "its name occurs twice",
                "Give it another name.");
}

template <class Use>
auto naming(const Tensor& tensor, const Use& use) {
  try {
    return use();
  } catch (const Error& error) {
    throw Error(error.code(), text("tensor \"", tensor.name, "\": ", error.what()),
                error.remedy().empty() ? "Correct its shape." : error.remedy());
  }
}

void check(const std::vector<TensorSource>& tensors) {
  if (tensors.size() > limits::tensors)
    throw Error(ErrorCode::limit_exceeded, text("there are more than ", limits::tensors, " tensors"),
                "Spread them over several files.");
  std::unordered_set<std::string_view> names;
  std::uint64_t sum = 0;
  for (const TensorSource& source : tensors) {
    const Tensor& tensor = source.tensor;
    naming(tensor, [&] {
      check_name(tensor.name, names);
      if (__builtin_add_overflow(sum, bytes_of(tensor.dtype, tensor.shape), &sum))
        throw Error(ErrorCode::limit_exceeded, "with it, all are absurdly large");
    });
  }
}

// Numbers by to_string, as a stream would group their digits in some languages.
std::string entry_of(const Tensor& tensor, std::uint64_t begin) {
  std::string shape;
  for (const std::int64_t size : tensor.shape) shape += (shape.empty() ? "" : ",") + std::to_string(size);
  std::string entry = quoted(tensor.name) + ":{\"dtype\":\"";
  entry += word_of(tensor.dtype);
  return entry + "\",\"shape\":[" + shape + "],\"data_offsets\":[" + std::to_string(begin) + "," +
         std::to_string(begin + tensor.bytes()) + "]}";
}

std::string metadata_entry(const std::map<std::string, std::string>& metadata) {
  std::string items;
  for (const auto& [key, value] : metadata)
    items += (items.empty() ? "" : ",") + quoted(key) + ":" + described(value);
  return "\"__metadata__\":{" + items + "}";
}

struct Plan {
  std::vector<std::size_t> order;  ///< in which the values of the tensors lie
  std::string header;
};

std::vector<std::size_t> by_size_of_type(const std::vector<TensorSource>& tensors) {
  std::vector<std::size_t> order(tensors.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return size_of(tensors[a].tensor.dtype) > size_of(tensors[b].tensor.dtype);
  });
  return order;
}

Plan plan(const std::vector<TensorSource>& tensors, const std::map<std::string, std::string>& metadata) {
  check(tensors);
  Plan plan{by_size_of_type(tensors), metadata.empty() ? "" : metadata_entry(metadata)};
  std::vector<std::uint64_t> begins(tensors.size());
  std::uint64_t end = 0;
  for (const std::size_t i : plan.order) {
    begins[i] = end;
    end += tensors[i].tensor.bytes();
  }
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const Tensor& tensor = tensors[i].tensor;
    plan.header += plan.header.empty() ? "" : ",";
    plan.header += naming(tensor, [&] { return entry_of(tensor, begins[i]); });
  }
  plan.header = "{" + plan.header + "}";
  plan.header.append((8 - plan.header.size() % 8) % 8, ' ');
  if (plan.header.size() > limits::safetensors_header)
    throw Error(ErrorCode::limit_exceeded,
                text("names, shapes and metadata take more than ", limits::safetensors_header, " bytes"),
                "Spread the tensors over several files, or leave out metadata.");
  return plan;
}

void write_values(NewFile& file, const TensorSource& source) {
  const Data data = source.load();
  if (data.bytes.size() != source.tensor.bytes())
    throw Error(ErrorCode::mismatch,
                text("tensor \"", source.tensor.name, "\" takes ", source.tensor.bytes(), " bytes, but ",
                     data.bytes.size(), " were given"),
                "Give row-major values of the type that is stated.");
  const Tensor& tensor = source.tensor;
  // What makes the file's order into the machine's does the reverse, too.
  if constexpr (std::endian::native == std::endian::big)
    file.write(arrange(data, {tensor.dtype, tensor.shape, c_strides(tensor.shape), 0, false}).bytes);
  else
    file.write(data.bytes);
}

std::array<std::uint8_t, 8> little_endian(std::uint64_t number) {
  std::array<std::uint8_t, 8> bytes;
  for (std::uint8_t& byte : bytes) {
    byte = static_cast<std::uint8_t>(number);
    number >>= 8;
  }
  return bytes;
}

Data load_as(const Checkpoint& checkpoint, const Tensor& tensor, Dtype to) {
  Data data = checkpoint.read(tensor);
  if (tensor.dtype == to) return data;
  try {
    return owned(to_type(data.bytes, tensor.dtype, to));
  } catch (const Error& error) {
    rethrow_for(checkpoint.file(),
                {error.code(), text("tensor \"", tensor.name, "\": ", error.what()), error.remedy()});
  }
}

}  // namespace

std::vector<TensorSource> tensors_of(const std::shared_ptr<const Checkpoint>& checkpoint,
                                     std::optional<Dtype> floating_point) {
  std::vector<TensorSource> sources;
  sources.reserve(checkpoint->tensors().size());
  for (const Tensor& tensor : checkpoint->tensors()) {
    const Dtype to = is_floating_point(tensor.dtype) ? floating_point.value_or(tensor.dtype) : tensor.dtype;
    sources.push_back({{tensor.name, to, tensor.shape},
                       [checkpoint, &tensor, to] { return load_as(*checkpoint, tensor, to); }});
  }
  return sources;
}

void write_safetensors(const std::filesystem::path& path, const std::vector<TensorSource>& tensors,
                       const std::map<std::string, std::string>& metadata) {
  const auto [order, header] = [&] {
    try {
      return plan(tensors, metadata);
    } catch (const Error& error) {
      rethrow_for(path.string(), error);
    }
  }();
  NewFile file(path);
  file.write(little_endian(header.size()));
  file.write({reinterpret_cast<const std::uint8_t*>(header.data()), header.size()});
  for (const std::size_t i : order) write_values(file, tensors[i]);
  file.commit();
}

}  // namespace mpq::checkpoint
