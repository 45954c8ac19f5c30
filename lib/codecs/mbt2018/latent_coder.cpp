// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "codecs/mbt2018/latent_coder.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <span>

#include "codecs/mbt2018/wavefront.h"
#include "core/error.h"
#include "core/text.h"
#include "stream/frame.h"

namespace mpq::mbt2018 {
namespace {

using entropy::Fixed;
using entropy::fraction_bits;
using entropy::Map;
using entropy::saturate;
using entropy::Tap;

Fixed restore(std::int32_t symbol, Fixed mean) {
  return saturate((std::int64_t{symbol} << fraction_bits) + mean);
}

/// Codes one value: an encoder finds the unquantised one in `value`, and both leave the quantised one there.
void code(entropy::RansEncoder<entropy::native_states>& encoder, const entropy::CdfTables& tables,
          const Rounding& rounding, int row, Fixed mean, Fixed* value) {
  const std::int32_t symbol = rounding(row, std::int64_t{*value} - mean);
  encoder.put(tables, row, symbol);
  *value = restore(symbol, mean);
}

void code(entropy::RansDecoder<entropy::native_states>& decoder, const entropy::CdfTables& tables,
          const Rounding&, int row, Fixed mean, Fixed* value) {
  const std::int32_t symbol = decoder.get(tables, row);
  if (symbol > largest_symbol || symbol < -largest_symbol)
    throw Error(ErrorCode::corrupt_data, text("the latent ", symbol, " is beyond what an encoder writes"));
  *value = restore(symbol, mean);
}

/// Of the values in little-endian order.
std::uint32_t crc32(const Map& map, std::uint32_t so_far) {
  if constexpr (std::endian::native == std::endian::little) {
    const auto bytes = std::as_bytes(std::span(map.values));
    return stream::crc32({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()}, so_far);
  }
  for (const Fixed value : map.values) {
    const auto bits = static_cast<std::uint32_t>(value);
    const std::array bytes{static_cast<std::uint8_t>(bits), static_cast<std::uint8_t>(bits >> 8),
                           static_cast<std::uint8_t>(bits >> 16), static_cast<std::uint8_t>(bits >> 24)};
    so_far = stream::crc32(bytes, so_far);
  }
  return so_far;
}

Map to_map(std::span<const float> values, int height, int width, int channels) {
  Map map(height, width, channels);
  if (values.size() != map.values.size())
    throw Error(ErrorCode::invalid_argument,
                text(values.size(), " latents instead of ", height, " x ", width, " x ", channels));
  for (std::size_t i = 0; i < values.size(); ++i)
    map.values[i] = entropy::to_fixed(static_cast<double>(values[i]));
  return map;
}

}  // namespace

LatentCoder::LatentCoder(std::shared_ptr<const EntropyModel> model)
    : model_(std::move(model)), context_(*model_) {
  if (model_->architecture().nano) rounding_ = Rounding(model_->tables().latents, nano_price);
}

CodedLatents LatentCoder::encode(std::span<const float> y, std::span<const float> z, Grid grid) {
  const Architecture& architecture = model_->architecture();
  z_ = to_map(z, grid.height, grid.width, architecture.n);
  latents_ = to_map(y, 4 * grid.height, 4 * grid.width, architecture.m);
  Encoder encoder;
  code_hyper(encoder, grid);
  code_latents(encoder);
  return {encoder.finish(), crc()};
}

void LatentCoder::decode(std::span<const std::uint8_t> bytes, Grid grid, std::uint32_t expected) {
  Decoder decoder(bytes);
  z_ = {};
  code_hyper(decoder, grid);
  latents_ = Map(4 * grid.height, 4 * grid.width, model_->architecture().m);
  code_latents(decoder);
  decoder.finish();
  if (crc() != expected)
    throw Error(ErrorCode::corrupt_data, "the decoded latents are not those that were coded",
                "The data are damaged, or this build's arithmetic differs: please report it");
}

template <class Coder>
void LatentCoder::code_hyper(Coder& coder, Grid grid) {
  const Rounding nearest;
  const Tables& tables = model_->tables();
  const auto channels = static_cast<std::size_t>(model_->architecture().n);
  const auto all = static_cast<std::size_t>(grid.height) * static_cast<std::size_t>(grid.width) * channels;
  // A decoder's memory grows with what it finds, not with what a header says.
  const std::size_t row = static_cast<std::size_t>(grid.width) * channels;
  for (std::size_t first = 0; first < all; first += row) {
    if (z_.values.size() < first + row) z_.values.resize(first + row);
    for (std::size_t i = 0; i < row; ++i) {
      const std::size_t channel = i % channels;
      code(coder, tables.hyper, nearest, static_cast<int>(channel), tables.medians[channel],
           &z_.values[first + i]);
    }
  }
  z_.height = grid.height;
  z_.width = grid.width;
  z_.channels = static_cast<int>(channels);
}

template <class Coder>
void LatentCoder::code_latents(Coder& coder) {
  const Map hyper = model_->hyper_synthesis(z_);
  if (!model_->has_context()) {
    for (int y = 0; y < latents_.height; ++y)
      for (int x = 0; x < latents_.width; ++x) code_position(coder, {y, x}, hyper.at(y, x));
    return;
  }
  std::vector<Tap> positions;
  for (int step = 0; step < wavefronts(latents_.height, latents_.width); ++step) {
    set_wavefront(step, latents_.height, latents_.width, &positions);
    if (positions.empty()) continue;
    const Map& parameters = context_.predict(hyper, latents_, positions);
    for (std::size_t i = 0; i < positions.size(); ++i)
      code_position(coder, positions[i], parameters.at(static_cast<int>(i), 0));
  }
}

template <class Coder>
void LatentCoder::code_position(Coder& coder, Tap position, const Fixed* parameters) {
  const int m = model_->architecture().m;
  const bool means = model_->architecture().variant != Variant::hyperprior;
  Fixed* const values = latents_.at(position.y, position.x);
  const auto count = static_cast<std::size_t>(m);
  rows_.resize(count);
  model_->find_rows({parameters, count}, rows_);
  for (int i = 0; i < m; ++i)
    code(coder, model_->tables().latents, rounding_, rows_[static_cast<std::size_t>(i)],
         means ? parameters[m + i] : 0, values + i);
}

std::uint32_t LatentCoder::crc() const {
  return crc32(latents_, crc32(z_, 0));
}

std::vector<float> LatentCoder::latents_as_floats() const {
  std::vector<float> floats(latents_.values.size());
  std::transform(latents_.values.begin(), latents_.values.end(), floats.begin(), entropy::to_float);
  return floats;
}

}  // namespace mpq::mbt2018
