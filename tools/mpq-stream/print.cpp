// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "print.h"

#include <iomanip>
#include <nlohmann/json.hpp>
#include <ostream>
#include <sstream>

#include "core/text.h"

namespace mpq::stream {
namespace {

constexpr int columns[] = {6, 11, 9};  // of numbers, flush right; text columns follow

double pixels_of(const FrameHeader& header) {
  return is_known(header.codec) ? static_cast<double>(header.shape[0]) * header.shape[1] : 0;
}

std::string codec_of(const FrameHeader& header) {
  const std::string known = name(header.codec);
  return is_known(header.codec) ? known : text(known, " (", static_cast<int>(header.codec), ')');
}

// Pictures as people say it, width first; anything else in the stream's order.
std::string size_of(const FrameHeader& header) {
  if (is_known(header.codec)) return text(header.shape[1], 'x', header.shape[0]);
  std::string all;
  for (const std::uint32_t dimension : header.shape)
    all += (all.empty() ? "[" : ", ") + std::to_string(dimension);
  return all + ']';
}

std::string hexadecimal(std::uint64_t value, int digits) {
  std::ostringstream out;
  out << std::hex << std::setfill('0') << std::setw(digits) << value;
  return out.str();
}

std::string number(double value) {
  std::ostringstream out;
  out << std::setprecision(4) << value;
  return out.str();
}

std::string sections_of(const Frame& frame) {
  std::string all;
  for (const auto& section : frame.sections) all += (all.empty() ? "" : "+") + std::to_string(section.size());
  return all.empty() ? "none" : all;
}

void print_numbers(std::ostream& out, const std::string& first, const std::string& second,
                   const std::string& third) {
  out << std::right << std::setw(columns[0]) << first << std::setw(columns[1]) << second
      << std::setw(columns[2]) << third << "  " << std::left;
}

void print_texts(std::ostream& out, const std::string& codec, const std::string& mode,
                 const std::string& size, const std::string& model, const std::string& rate,
                 const std::string& crc, const std::string& sections) {
  out << std::setw(22) << codec << std::setw(6) << mode << std::setw(13) << size << std::setw(18) << model
      << std::setw(11) << rate << std::setw(5) << crc << sections << '\n';
}

}  // namespace

void Totals::add(const Piece& piece) {
  if (piece.kind == Piece::Kind::garbage) {
    garbage_bytes += piece.length;
  } else if (piece.kind == Piece::Kind::damage) {
    ++damaged;
  } else {
    ++frames;
    frame_bytes += piece.length;
    if (const double more = pixels_of(piece.frame.header); more > 0) {
      pixels += more;
      picture_bits += 8 * static_cast<double>(piece.length);
    }
  }
}

std::string describe(const Totals& totals) {
  std::string all =
      text(totals.frames, totals.frames == 1 ? " frame, " : " frames, ", totals.frame_bytes, " bytes");
  if (totals.pixels > 0) all += text(", ", number(totals.picture_bits / totals.pixels), " bit/pixel");
  if (totals.damaged > 0) all += text("; ", totals.damaged, " damaged");
  if (totals.garbage_bytes > 0) all += text("; ", totals.garbage_bytes, " bytes that belong to no frame");
  return all;
}

std::string describe_fault(const Piece& piece) {
  const std::string what =
      piece.kind == Piece::Kind::garbage ? "that belong to no frame" : "of a frame given up: " + piece.cause;
  return text("byte ", piece.offset, ": ", piece.length, piece.length == 1 ? " byte " : " bytes ", what);
}

void print_table_head(std::ostream& out) {
  print_numbers(out, "frame", "offset", "length");
  print_texts(out, "codec", "mode", "size", "model", "bit/pixel", "CRC", "sections");
}

void print_row(std::ostream& out, const Piece& piece, std::uint64_t index) {
  const std::string first = piece.kind == Piece::Kind::garbage ? "-" : std::to_string(index);
  print_numbers(out, first, std::to_string(piece.offset), std::to_string(piece.length));
  if (piece.kind == Piece::Kind::garbage) {
    out << "belongs to no frame\n";
  } else if (piece.kind == Piece::Kind::damage) {
    out << piece.cause << '\n';
  } else {
    const FrameHeader& header = piece.frame.header;
    const double pixels = pixels_of(header);
    print_texts(out, codec_of(header), std::to_string(header.mode), size_of(header),
                hexadecimal(header.model, 16),
                pixels > 0 ? number(8 * static_cast<double>(piece.length) / pixels) : "-", "ok",
                sections_of(piece.frame));
  }
}

void print_json(std::ostream& out, const Piece& piece, std::uint64_t index, const std::string& file) {
  nlohmann::ordered_json line{{"file", file}, {"offset", piece.offset}, {"length", piece.length}};
  if (piece.kind == Piece::Kind::garbage) {
    line["garbage"] = true;
  } else if (piece.kind == Piece::Kind::damage) {
    line["index"] = index;
    line["damage"] = piece.cause;
  } else {
    const FrameHeader& header = piece.frame.header;
    line["index"] = index;
    line["codec"] = name(header.codec);
    line["codec-number"] = static_cast<int>(header.codec);
    line["mode"] = header.mode;
    line["shape"] = header.shape;
    line["model"] = hexadecimal(header.model, 16);
    line["latents-crc"] = hexadecimal(header.latents_crc, 8);
    line["sections"] = nlohmann::ordered_json::array();
    for (const auto& section : piece.frame.sections) line["sections"].push_back(section.size());
    if (const double pixels = pixels_of(header); pixels > 0)
      line["bits-per-pixel"] = 8 * static_cast<double>(piece.length) / pixels;
    line["crc"] = "ok";
  }
  out << line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << '\n';
}

}  // namespace mpq::stream
