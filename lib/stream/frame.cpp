// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "stream/frame.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "core/error.h"
#include "core/text.h"
#include "stream/framing.h"

namespace mpq::stream {
namespace {

constexpr int max_varint_bytes = 5;

[[noreturn]] void damaged(const std::string& cause) {
  throw Error(ErrorCode::corrupt_data, cause, "Get the stream again from where it is whole");
}

// Only a faulty writer makes these: the CRC fits.
[[noreturn]] void impossible(const std::string& cause) {
  throw Error(ErrorCode::corrupt_data, "the mpq frame is not damaged, but its writer was at fault: " + cause,
              "Encode it again, by another version of the encoder");
}

// Reads the fields behind the prefix, and never beyond the end.
class FieldReader {
 public:
  explicit FieldReader(Bytes bytes) : rest_(bytes) {}

  Bytes take(std::size_t count, const char* what) {
    if (count > rest_.size())
      impossible(text("its ", what, " needs ", count, " bytes where ", rest_.size(), " are left"));
    const Bytes taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }

  std::uint64_t fixed(std::size_t count, const char* what) { return big_endian(take(count, what)); }
  std::uint8_t byte(const char* what) { return take(1, what)[0]; }

  /// Seven bits a byte, the low ones first; the top bit says that more follow. Only the shortest form is
  /// valid.
  std::uint32_t varint(std::uint32_t least, std::uint32_t most, const char* what) {
    std::uint64_t value = 0;
    for (int i = 0; i < max_varint_bytes; ++i) {
      const std::uint8_t next = byte(what);
      value |= std::uint64_t{next & 0x7FU} << 7 * i;
      if (next >= 0x80) continue;
      if (next == 0 && i > 0) break;
      if (value < least || value > most)
        impossible(text("its ", what, " is ", value, ", which is not ", least, " to ", most));
      return static_cast<std::uint32_t>(value);
    }
    impossible(text("its ", what, " is not in the shortest form"));
  }

  std::size_t left() const { return rest_.size(); }

 private:
  Bytes rest_;
};

void put_big_endian(std::uint64_t value, int count, std::vector<std::uint8_t>* out) {
  for (int shift = 8 * (count - 1); shift >= 0; shift -= 8)
    out->push_back(static_cast<std::uint8_t>(value >> shift));
}

void put_varint(std::uint64_t value, std::vector<std::uint8_t>* out) {
  for (; value >= 0x80; value >>= 7) out->push_back(static_cast<std::uint8_t>(value | 0x80));
  out->push_back(static_cast<std::uint8_t>(value));
}

// What is wrong with the shape; nothing if it is sound.
std::string fault_of_shape(Codec codec, const std::vector<std::uint32_t>& shape) {
  if (shape.empty() || shape.size() > max_dimensions)
    return text("its shape has ", shape.size(), " dimensions, not 1 to ", max_dimensions);
  if (is_known(codec) && shape.size() != 2)
    return text("its shape has ", shape.size(), " dimensions, and pictures have two, height and width");
  const std::uint32_t most = is_known(codec) ? max_picture_side : max_dimension;
  for (const std::uint32_t dimension : shape)
    if (dimension < 1 || dimension > most)
      return text("its shape has a dimension of ", dimension, ", which is not 1 to ", most);
  return {};
}

void check_crc(Bytes frame) {
  const Bytes covered = frame.first(frame.size() - crc_bytes);
  if (crc32(covered) != big_endian(frame.last(crc_bytes)))
    damaged("the mpq frame is damaged: its CRC does not fit");
}

FrameHeader read_header(FieldReader& fields) {
  FrameHeader header;
  header.codec = static_cast<Codec>(fields.byte("codec"));
  header.mode = fields.byte("mode");
  const std::size_t dimensions = fields.byte("number of dimensions");
  if (dimensions > max_dimensions)
    impossible(text("its shape has ", dimensions, " dimensions, not 1 to ", max_dimensions));
  for (std::size_t i = 0; i < dimensions; ++i)
    header.shape.push_back(fields.varint(1, max_dimension, "dimension"));
  if (const std::string fault = fault_of_shape(header.codec, header.shape); !fault.empty()) impossible(fault);
  header.model = fields.fixed(8, "model hash");
  header.latents_crc = static_cast<std::uint32_t>(fields.fixed(4, "latents' CRC"));
  return header;
}

std::vector<Bytes> read_sections(FieldReader& fields) {
  std::vector<std::size_t> lengths;
  for (std::size_t left = fields.byte("number of sections"); left > 0; --left)
    lengths.push_back(fields.varint(0, max_frame_bytes, "section's length"));
  std::vector<Bytes> sections;
  sections.reserve(lengths.size());
  for (const std::size_t length : lengths) sections.push_back(fields.take(length, "section"));
  if (fields.left() > 0) impossible(text(fields.left(), " bytes belong to no section"));
  return sections;
}

void check_writable(const FrameHeader& header, std::span<const Bytes> sections) {
  if (const std::string fault = fault_of_shape(header.codec, header.shape); !fault.empty())
    throw Error(ErrorCode::invalid_argument, "this mpq frame cannot be written: " + fault);
  if (sections.size() > max_sections)
    throw Error(ErrorCode::invalid_argument,
                text("an mpq frame has up to ", max_sections, " sections, not ", sections.size()));
  std::size_t total = 0;
  constexpr std::size_t most_payload = max_frame_bytes - 4096;  // room for all that is not payload
  for (const Bytes section : sections) {
    if (section.size() > most_payload - total)
      throw Error(ErrorCode::limit_exceeded, text("an mpq frame is at most ", max_frame_bytes, " bytes long"),
                  "Code a smaller picture, or at a lower quality");
    total += section.size();
  }
}

}  // namespace

const char* name(Codec codec) {
  switch (codec) {
    case Codec::mbt2018:
      return "mbt2018";
    case Codec::mbt2018_mean:
      return "mbt2018-mean";
    case Codec::bmshj2018_hyperprior:
      return "bmshj2018-hyperprior";
  }
  return "unknown";
}

bool is_known(Codec codec) {
  return codec >= Codec::mbt2018 && codec <= Codec::bmshj2018_hyperprior;
}

std::uint32_t crc32(Bytes bytes, std::uint32_t so_far) {
  if (bytes.empty()) return so_far;  // zlib takes a null pointer for something else
  return static_cast<std::uint32_t>(crc32_z(so_far, bytes.data(), bytes.size()));
}

bool may_start(Bytes bytes) {
  const std::size_t compared = std::min(bytes.size(), sizeof magic);
  if (compared > 0 && std::memcmp(bytes.data(), magic, compared) != 0) return false;
  if (bytes.size() > version_at && bytes[version_at] == 0) return false;
  if (bytes.size() > length_at && bytes[length_at] > max_frame_bytes >> 24) return false;
  if (bytes.size() < prefix_bytes) return true;
  const std::uint64_t length = big_endian(bytes.subspan(length_at, prefix_bytes - length_at));
  return length >= min_frame_bytes && length <= max_frame_bytes;
}

std::optional<std::size_t> declared_length(Bytes bytes) {
  if (!may_start(bytes)) damaged("no mpq frame starts here");
  if (bytes.size() < prefix_bytes) return {};
  return static_cast<std::size_t>(big_endian(bytes.subspan(length_at, prefix_bytes - length_at)));
}

std::optional<std::size_t> frame_length(Bytes bytes) {
  const auto length = declared_length(bytes);
  return length && *length <= bytes.size() ? length : std::nullopt;
}

std::size_t find_start(Bytes bytes) {
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    const void* first = std::memchr(bytes.data() + at, magic[0], bytes.size() - at);
    if (first == nullptr) break;
    at = static_cast<std::size_t>(static_cast<const std::uint8_t*>(first) - bytes.data());
    if (may_start(bytes.subspan(at))) return at;
  }
  return bytes.size();
}

Frame read(Bytes bytes) {
  const auto declared = declared_length(bytes);
  if (!declared || *declared > bytes.size())
    damaged(declared
                ? text("the mpq frame is cut short: ", bytes.size(), " of ", *declared, " bytes are there")
                : text("the mpq frame is cut short: only ", bytes.size(), " bytes are there"));
  const Bytes whole = bytes.first(*declared);
  check_crc(whole);
  if (whole[version_at] != version)
    throw Error(ErrorCode::unsupported,
                text("the mpq frame has version ", int{whole[version_at]},
                     " of its format, and this mpq reads version ", int{version}),
                "Update mpq");
  FieldReader fields(whole.first(whole.size() - crc_bytes).subspan(prefix_bytes));
  Frame frame;
  frame.header = read_header(fields);
  fields.take(fields.varint(0, max_frame_bytes, "extension's length"), "extension");  // a later release's
  frame.sections = read_sections(fields);
  frame.length = whole.size();
  return frame;
}

void write(const FrameHeader& header, std::span<const Bytes> sections, std::vector<std::uint8_t>* out) {
  check_writable(header, sections);
  const std::size_t start = out->size();
  out->insert(out->end(), std::begin(magic), std::end(magic));
  out->push_back(version);
  put_big_endian(0, 4, out);  // the length, when it is known
  out->push_back(static_cast<std::uint8_t>(header.codec));
  out->push_back(header.mode);
  put_varint(header.shape.size(), out);
  for (const std::uint32_t dimension : header.shape) put_varint(dimension, out);
  put_big_endian(header.model, 8, out);
  put_big_endian(header.latents_crc, 4, out);
  put_varint(0, out);  // no extension
  out->push_back(static_cast<std::uint8_t>(sections.size()));
  for (const Bytes section : sections) put_varint(section.size(), out);
  for (const Bytes section : sections) out->insert(out->end(), section.begin(), section.end());
  const std::size_t length = out->size() - start + crc_bytes;
  for (std::size_t i = 0; i < 4; ++i)
    (*out)[start + length_at + i] = static_cast<std::uint8_t>(length >> (24 - 8 * i));
  put_big_endian(crc32(Bytes(*out).subspan(start)), 4, out);
}

}  // namespace mpq::stream
