// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "metrics/rate/rate.h"

#include <cmath>
#include <limits>

#include "core/error.h"
#include "core/text.h"

namespace mpq::rate {
namespace {

[[noreturn]] void invalid(const std::string& cause) {
  throw Error(ErrorCode::invalid_argument, cause);
}

void check(const Piece& piece) {
  if (piece.entropy_coded_bytes && *piece.entropy_coded_bytes > piece.bytes) {
    invalid(text(*piece.entropy_coded_bytes, " entropy-coded bytes in a piece of ", piece.bytes));
  }
  if (!std::isfinite(piece.units) || piece.units < 0) invalid(text("a piece of ", piece.units, " units"));
  if (piece.duration && *piece.duration < 0) invalid(text("a duration of ", *piece.duration, " ns"));
}

}  // namespace

bool RawFormat::known() const {
  return kind == Kind::video ? pixels > 0 : kind == Kind::audio && channels > 0;
}

void Meter::set_format(const RawFormat& format) {
  if (format.raw_bits_per_pixel < 0 || format.rate < 0 || format.channels < 0) {
    invalid("a raw format has a negative field");
  }
  const bool counted = total_.kind != Kind::unknown && format.kind != Kind::unknown;
  if (counted && total_.kind != format.kind) invalid("a stream cannot change between video and audio");
  format_ = format;
}

Meter::Sums Meter::measure(const Piece& piece) const {
  Sums sums;
  sums.bytes = piece.bytes;
  sums.entropy_coded = piece.entropy_coded_bytes.value_or(0);
  if (piece.units == 0) return sums;
  sums.units = piece.units;
  sums.kind = format_.kind;
  sums.knows_entropy = piece.entropy_coded_bytes.has_value();
  sums.knows_raw = format_.known();
  const bool video = format_.kind == Kind::video;
  sums.elements = piece.units * (video ? static_cast<double>(format_.pixels) : format_.channels);
  sums.raw_bits = sums.elements * (video ? format_.raw_bits_per_pixel : raw_bits_per_sample);
  const bool counts_time = format_.kind == Kind::audio && format_.rate > 0;
  sums.knows_time = counts_time || piece.duration.value_or(0) > 0;
  sums.seconds =
      counts_time ? piece.units / format_.rate : static_cast<double>(piece.duration.value_or(0)) / 1e9;
  return sums;
}

Figures Meter::add(const Piece& piece) {
  check(piece);
  const Sums sums = measure(piece);
  total_ += sums;
  ++(piece.units > 0 ? frames_ : headers_);
  return sums.figures();
}

Figures Meter::total() const {
  return total_.figures();
}

void Meter::Sums::operator+=(const Sums& other) {
  bytes += other.bytes;
  entropy_coded += other.entropy_coded;
  units += other.units;
  elements += other.elements;
  raw_bits += other.raw_bits;
  seconds += other.seconds;
  if (other.kind != Kind::unknown) kind = other.kind;
  knows_entropy = knows_entropy && other.knows_entropy;
  knows_raw = knows_raw && other.knows_raw;
  knows_time = knows_time && other.knows_time;
}

Figures Meter::Sums::figures() const {
  Figures figures;
  figures.bytes = bytes;
  figures.units = units;
  const double bits = static_cast<double>(bytes) * 8;
  if (knows_entropy) {
    figures.entropy_coded_bytes = entropy_coded;
    figures.framing_bytes = bytes - entropy_coded;
  }
  if (knows_raw && elements > 0) {
    (kind == Kind::video ? figures.bits_per_pixel : figures.bits_per_sample) = bits / elements;
    figures.compression_ratio = bits > 0 ? raw_bits / bits : std::numeric_limits<double>::infinity();
  }
  if (knows_time && seconds > 0) {
    figures.bit_rate = bits / seconds;
    figures.duration = seconds;
  }
  return figures;
}

}  // namespace mpq::rate
