// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Reads safetensors files: a JSON header of names, types, shapes and places, then the values.
// https://huggingface.co/docs/safetensors
#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <unordered_set>
#include <utility>

#include "checkpoint/contents.h"
#include "checkpoint/cursor.h"
#include "checkpoint/layout.h"
#include "checkpoint/limits.h"
#include "checkpoint/safetensors_types.h"

namespace mpq::checkpoint {
namespace {

constexpr std::size_t length_bytes = 8;
constexpr std::uint64_t max_number = std::uint64_t{1} << 62;

struct Entry {
  std::string name;
  std::optional<Dtype> dtype;
  std::optional<std::vector<std::uint64_t>> shape, offsets;
};

Dtype dtype_of(const std::string& word) {
  const auto found = std::find_if(safetensors_types.begin(), safetensors_types.end(),
                                  [&](const auto& type) { return type.first == word; });
  if (found == safetensors_types.end())
    throw Error(ErrorCode::unsupported,
                text("its type \"", word.substr(0, 32), "\" is not one that mpq reads"),
                "Save the tensor as float32.");
  return found->second;
}

// Takes the header as a stream of words, so that no header makes a large tree. It has three levels: the file,
// a tensor or the metadata, and a list of numbers.
class Header : public nlohmann::json_sax<nlohmann::json> {
 public:
  std::vector<Entry> entries;
  std::map<std::string, std::string> metadata;

  bool key(string_t& word) override {
    if (level_ == 1) begin_entry(word);
    key_ = word;
    return true;
  }
  bool start_object(std::size_t) override {
    if (list_ != nullptr || ++level_ > 2) unexpected("an object");
    return true;
  }
  bool end_object() override {
    if (level_-- == 2 && !in_metadata_) check_entry();
    return true;
  }
  bool start_array(std::size_t) override {
    if (level_ != 2 || in_metadata_ || list_ != nullptr) unexpected("a list");
    auto& field = key_ == "shape" ? entries.back().shape : entries.back().offsets;
    if ((key_ != "shape" && key_ != "data_offsets") || field) unexpected("a list");
    list_ = &field.emplace();
    return true;
  }
  bool end_array() override {
    list_ = nullptr;
    return true;
  }
  bool number_unsigned(number_unsigned_t value) override {
    if (list_ == nullptr || list_->size() >= limits::rank || value > max_number) unexpected("a number");
    list_->push_back(value);
    return true;
  }
  bool string(string_t& value) override {
    if (level_ != 2 || list_ != nullptr) unexpected("a string");
    if (in_metadata_) return put_metadata(value);
    if (key_ != "dtype" || entries.back().dtype) unexpected("a string");
    entries.back().dtype = dtype_of(value);
    return true;
  }
  bool null() override { unexpected("null"); }
  bool boolean(bool) override { unexpected("a boolean"); }
  bool number_integer(number_integer_t) override { unexpected("a negative number"); }
  bool number_float(number_float_t, const string_t&) override { unexpected("a fraction"); }
  bool binary(binary_t&) override { unexpected("binary data"); }
  bool parse_error(std::size_t place, const std::string&, const nlohmann::detail::exception&) override {
    corrupt(text("the header is not valid JSON at byte ", place - 1 + length_bytes));
  }

 private:
  [[noreturn]] void unexpected(const char* what) const {
    corrupt(text("the header has ", what, " where none belongs, after \"", key_.substr(0, limits::name_bytes),
                 "\""));
  }

  void begin_entry(const std::string& name) {
    if (name.size() > limits::name_bytes || entries.size() >= limits::tensors)
      throw Error(
          ErrorCode::limit_exceeded,
          text("more than ", limits::tensors, " tensors, or a name beyond ", limits::name_bytes, " bytes"));
    if (!names_.insert(name).second) corrupt(text("the header names \"", name, "\" twice"));
    in_metadata_ = name == "__metadata__";
    if (!in_metadata_) entries.push_back({name, {}, {}, {}});
  }

  void check_entry() const {
    const Entry& entry = entries.back();
    if (!entry.dtype || !entry.shape || !entry.offsets || entry.offsets->size() != 2)
      corrupt(text("tensor \"", entry.name, "\" lacks its type, its shape or its two offsets"));
  }

  bool put_metadata(const std::string& value) {
    if (!metadata.emplace(key_, value).second) unexpected("a second value");
    return true;
  }

  int level_ = 0;
  bool in_metadata_ = false;
  std::string key_;
  std::vector<std::uint64_t>* list_ = nullptr;
  std::unordered_set<std::string> names_;
};

std::uint64_t header_length(Bytes bytes) {
  const auto length = Cursor(bytes).u64();
  if (length > limits::safetensors_header)
    throw Error(ErrorCode::limit_exceeded,
                text("the header's length of ", length, " bytes is beyond ", limits::safetensors_header));
  return length;
}

Header parse(Bytes bytes) {
  Header header;
  if (bytes.empty() || bytes[0] != '{') corrupt("the header at byte 8 is not a JSON object");
  try {
    nlohmann::json::sax_parse(bytes.begin(), bytes.end(), &header);
  } catch (const Error& error) {
    if (header.entries.empty()) throw;
    throw Error(error.code(), text(error.what(), ", in or after tensor \"", header.entries.back().name, "\""),
                error.remedy());
  } catch (const nlohmann::json::exception& error) {
    corrupt(text("the header is not valid JSON: ", error.what()));
  }
  return header;
}

// The format demands that tensors cover the values without gaps, so that nothing hides between them.
void check_cover(std::vector<const Entry*> entries, std::uint64_t values, std::uint64_t origin) {
  // Number by number: in libstdc++ 12, `<` of whole vectors is wrong on big-endian machines.
  const auto place = [](const Entry* entry) { return std::pair((*entry->offsets)[0], (*entry->offsets)[1]); };
  std::sort(entries.begin(), entries.end(),
            [&](const Entry* a, const Entry* b) { return place(a) < place(b); });
  std::uint64_t end = 0;
  for (const Entry* entry : entries) {
    if ((*entry->offsets)[0] != end)
      corrupt(text("tensor \"", entry->name, "\" begins at byte ", (*entry->offsets)[0] + origin,
                   ", but the one before it ends at ", end + origin));
    end = (*entry->offsets)[1];
  }
  if (end != values)
    corrupt(text("the tensors end at byte ", end + origin, ", the file at ", values + origin));
}

Array array_of(const Entry& entry, const Source& source, std::uint64_t origin) {
  const auto begin = (*entry.offsets)[0], end = (*entry.offsets)[1];
  Layout layout;
  layout.dtype = *entry.dtype;
  layout.shape.assign(entry.shape->begin(), entry.shape->end());
  if (begin > end || end > source.bytes.size() - origin)
    corrupt(text("its bytes ", begin + origin, " to ", end + origin, " are not within the file of ",
                 source.bytes.size()));
  const auto wanted = bytes_of(layout.dtype, layout.shape);
  if (wanted != end - begin)
    corrupt(text("its shape ", shape_text(layout.shape), " of ", name_of(layout.dtype), " takes ", wanted,
                 " bytes, but it has ", end - begin, " at byte ", begin + origin));
  layout.strides = c_strides(layout.shape);
  const Data place{
      source.bytes.subspan(static_cast<std::size_t>(origin + begin), static_cast<std::size_t>(end - begin)),
      source.owner, false};
  return {{entry.name, layout.dtype, layout.shape}, [place, layout] { return arrange(place, layout); }};
}

}  // namespace

bool looks_like_safetensors(Bytes bytes) {
  // Without a look at the length: a wrong one shall be reported as such.
  return bytes.size() > length_bytes && bytes[length_bytes] == '{' && bytes[7] == 0 && bytes[6] == 0;
}

Contents read_safetensors(const Source& source) {
  const auto length = header_length(source.bytes);
  Cursor cursor(source.bytes.subspan(length_bytes), length_bytes);
  Header header = parse(cursor.take(length));
  Contents contents;
  contents.format = "safetensors";
  std::vector<const Entry*> entries;
  const std::uint64_t origin = length_bytes + length;
  for (const Entry& entry : header.entries) {
    try {
      contents.add(array_of(entry, source, origin));
    } catch (const Error& error) {
      throw Error(error.code(), text("tensor \"", entry.name, "\": ", error.what()), error.remedy());
    }
    entries.push_back(&entry);
  }
  check_cover(std::move(entries), source.bytes.size() - origin, origin);
  contents.metadata = std::move(header.metadata);
  return contents;
}

}  // namespace mpq::checkpoint
