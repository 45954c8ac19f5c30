// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// NumPy's .npy files, and .npz archives of them.
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
#include <charconv>

#include "checkpoint/contents.h"
#include "checkpoint/cursor.h"
#include "checkpoint/layout.h"
#include "checkpoint/limits.h"
#include "checkpoint/tensor_calls.h"
#include "checkpoint/torch_file.h"
#include "checkpoint/zip.h"

namespace mpq::checkpoint {
namespace {

constexpr std::string_view magic("\x93NUMPY", 6);
constexpr std::string_view npy_suffix = ".npy";

// The header is a Python dict, as NumPy writes it: {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4),
// }
class HeaderParser {
 public:
  explicit HeaderParser(std::string_view text) : rest_(text) {}

  Layout parse() {
    expect("{");
    for (int field = 0; field < 3; ++field) {
      parse_field();
      skip(",");
    }
    expect("}");
    if (!rest_.empty() || !type_ || !order_ || !shape_) fail();
    layout_.strides = fortran_ ? fortran_strides(layout_.shape) : c_strides(layout_.shape);
    return layout_;
  }

 private:
  [[noreturn]] static void fail() { corrupt("the header at byte 10 is not one that NumPy writes"); }

  void parse_field() {
    const std::string_view name = string();
    expect(":");
    if (name == "descr" && !type_)
      parse_type();
    else if (name == "fortran_order" && !order_)
      parse_order();
    else if (name == "shape" && !shape_)
      parse_shape();
    else
      fail();
  }

  void parse_type() {
    const std::string_view description = skip("[") ? "a structure" : string();
    const auto type = numpy_type(description);
    if (!type)
      throw Error(ErrorCode::unsupported,
                  text("its type \"", description.substr(0, 32),
                       "\" is no number; objects in NumPy files are never read"),
                  "Save the array as float32.");
    layout_.dtype = type->dtype;
    layout_.big_endian = type->big_endian;
    type_ = true;
  }

  void parse_order() {
    fortran_ = skip("True");
    if (!fortran_) expect("False");
    order_ = true;
  }

  void parse_shape() {
    expect("(");
    while (!skip(")")) {
      if (layout_.shape.size() >= limits::rank)
        throw Error(ErrorCode::limit_exceeded, text("it has more than ", limits::rank, " dimensions"));
      std::int64_t size = 0;
      const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), size);
      if (error != std::errc()) fail();
      layout_.shape.push_back(size);
      rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
      skip("L");  // Python 2
      if (!skip(",") && !rest_.starts_with(")")) fail();
    }
    shape_ = true;
  }

  std::string_view string() {
    if (!rest_.starts_with("'") && !rest_.starts_with("\"")) fail();
    const std::size_t end = rest_.find(rest_[0], 1);
    if (end == std::string_view::npos) fail();
    const std::string_view word = rest_.substr(1, end - 1);
    rest_.remove_prefix(end + 1);
    skip_space();
    return word;
  }

  void expect(std::string_view word) {
    if (!skip(word)) fail();
  }
  bool skip(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    skip_space();
    return true;
  }
  void skip_space() {
    const std::size_t begin = rest_.find_first_not_of(" \n\r\t");
    rest_.remove_prefix(begin == std::string_view::npos ? rest_.size() : begin);
  }

  std::string_view rest_;
  Layout layout_;
  bool type_ = false, order_ = false, shape_ = false, fortran_ = false;
};

struct NpyFile {
  Layout layout;
  std::size_t start = 0;  // of the values
};

NpyFile parse_npy(Bytes bytes) {
  if (!starts_with(bytes, magic)) corrupt("it is not a .npy file");
  Cursor cursor(bytes);
  cursor.take(magic.size());
  const std::uint8_t version = cursor.u8();
  cursor.u8();
  if (version < 1 || version > 3)
    throw Error(ErrorCode::unsupported, text("its .npy format has version ", int{version}),
                "Save it with NumPy's np.save.");
  const std::uint32_t length = version == 1 ? cursor.u16() : cursor.u32();
  if (length > limits::npy_header)
    throw Error(ErrorCode::limit_exceeded,
                text("its header has ", length, " bytes, more than ", limits::npy_header));
  NpyFile file{HeaderParser(cursor.text_of(length)).parse(), 0};
  file.start = cursor.at();
  return file;
}

void check_values(const NpyFile& file, std::uint64_t file_bytes) {
  const std::uint64_t wanted = bytes_of(file.layout.dtype, file.layout.shape), held = file_bytes - file.start;
  if (wanted != held)
    corrupt(text("its shape ", shape_text(file.layout.shape), " of ", name_of(file.layout.dtype), " takes ",
                 wanted, " bytes, but it has ", held, " at byte ", file.start));
}

Data values_of(const Data& data, const NpyFile& file) {
  return arrange({data.bytes.subspan(file.start), data.owner, data.copied}, file.layout);
}

// Of deflated members only the head is unpacked, until they are read.
Array member_array(const std::shared_ptr<const Zip>& zip, const ZipMember& member) {
  const NpyFile file = parse_npy(zip->read_head(member, limits::npy_header + 16).bytes);
  check_values(file, member.size);
  const std::string name = member.name.substr(0, member.name.size() - npy_suffix.size());
  return {{name, file.layout.dtype, file.layout.shape},
          [zip, &member, file] { return values_of(zip->read(member), file); }};
}

Contents read_npz(const std::shared_ptr<const Zip>& zip) {
  Contents contents;
  contents.format = "NumPy (npz)";
  for (const ZipMember& member : zip->members()) {
    try {
      if (!member.name.ends_with(npy_suffix)) corrupt("it is no .npy file");
      contents.add(member_array(zip, member));
    } catch (const Error& error) {
      throw Error(error.code(),
                  text("member \"", member.name, "\" at byte ", member.place, ": ", error.what()),
                  error.remedy());
    }
  }
  return contents;
}

}  // namespace

bool looks_like_npy(Bytes bytes) {
  return starts_with(bytes, magic);
}

Contents read_npy(const Source& source) {
  const NpyFile file = parse_npy(source.bytes);
  check_values(file, source.bytes.size());
  Contents contents;
  contents.format = "NumPy";
  const Data whole{source.bytes, source.owner, false};
  contents.add(
      {{"", file.layout.dtype, file.layout.shape}, [whole, file] { return values_of(whole, file); }});
  return contents;
}

bool looks_like_zip(Bytes bytes) {
  return starts_with(bytes, "PK\x03\x04") || starts_with(bytes, "PK\x05\x06");
}

Contents read_zip(const Source& source) {
  const auto zip = std::make_shared<const Zip>(source);
  if (const auto folder = torch_folder(*zip)) return read_torch_zip(zip, *folder);
  for (const ZipMember& member : zip->members())
    if (member.name.ends_with(npy_suffix)) return read_npz(zip);
  throw Error(ErrorCode::unsupported, "its zip archive is neither PyTorch's nor NumPy's",
              "Unpack it, and name the file of weights in it.");
}

}  // namespace mpq::checkpoint
