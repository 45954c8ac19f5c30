// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "codecs/mbt2018/compressai.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "codecs/mbt2018/entropy_model.h"
#include "codecs/mbt2018/reference.h"
#include "codecs/mbt2018/transforms.h"
#include "core/error.h"
#include "core/image_check.h"
#include "core/text.h"
#include "entropy/rans.h"

namespace mpq::mbt2018 {
namespace {

using Bytes = std::span<const std::uint8_t>;
using StringEncoder = entropy::RansEncoder<1>;
using StringDecoder = entropy::RansDecoder<1>;

constexpr std::size_t strings = 2;
constexpr std::uint32_t longest_side = 16384, longest_string = 1U << 30;
constexpr float largest_symbol = 1 << 20;

/// Takes numbers off the front.
class Reader {
 public:
  explicit Reader(Bytes bytes) : rest_(bytes) {}

  bool has(std::size_t count) const { return rest_.size() >= count; }
  Bytes take(std::size_t count) {
    if (!has(count)) throw Error(ErrorCode::corrupt_data, "the CompressAI file is cut short");
    const Bytes taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }
  std::uint32_t number(std::size_t count) {
    std::uint32_t value = 0;
    for (const std::uint8_t byte : take(count)) value = value << 8 | byte;
    return value;
  }
  std::uint8_t next() const { return rest_.empty() ? std::uint8_t{1} : rest_.front(); }
  std::size_t left() const { return rest_.size(); }

 private:
  Bytes rest_;
};

struct Header {
  std::uint32_t model = 0, height = 0, width = 0, z_height = 0, z_width = 0;
};

Header read_file_header(Reader& reader) {
  Header header;
  header.model = reader.number(1);
  reader.number(1);  // metric and quality: the model is the one that was loaded
  header.height = reader.number(4);
  header.width = reader.number(4);
  // Before 1.2 the height of z, whose first byte is 0, comes here.
  const std::uint32_t depth = reader.next() == 0 ? 8 : reader.number(1);
  header.z_height = reader.number(4);
  header.z_width = reader.number(4);
  const auto strides = [](std::uint32_t side) { return (side + hyper_stride - 1) / hyper_stride; };
  const std::uint32_t count = reader.number(4);
  if (std::min(header.height, header.width) < 1 || std::max(header.height, header.width) > longest_side ||
      header.z_height != strides(header.height) || header.z_width != strides(header.width) ||
      count != strings)
    throw Error(ErrorCode::corrupt_data,
                text("this is no picture that CompressAI's codec.py wrote: ", header.width, 'x',
                     header.height, ", z ", header.z_width, 'x', header.z_height, ", ", count, " strings"));
  if (depth != 8) throw Error(ErrorCode::unsupported, text("pictures of ", depth, " bits are not known"));
  return header;
}

Bytes read_string(Reader& reader) {
  const std::uint32_t length = reader.number(4);
  if (length > longest_string) throw Error(ErrorCode::corrupt_data, text("a string of ", length, " bytes"));
  return reader.take(length);
}

void put(std::uint32_t value, int count, std::vector<std::uint8_t>* bytes) {
  for (int shift = 8 * (count - 1); shift >= 0; shift -= 8)
    bytes->push_back(static_cast<std::uint8_t>(value >> shift));
}

std::uint32_t model_id(Variant variant) {
  return variant == Variant::mbt2018 ? 4 : variant == Variant::mean ? 3 : 2;
}

/// Codes one value, in the reference's float arithmetic.
float code(StringEncoder& encoder, const entropy::CdfTables& tables, int row, float mean, float value) {
  float symbol = std::clamp(std::nearbyint(value - mean), -largest_symbol, largest_symbol);
  if (!(symbol == symbol)) symbol = 0;  // a broken model's
  encoder.put(tables, row, static_cast<std::int32_t>(symbol));
  return symbol + mean;
}

float code(StringDecoder& decoder, const entropy::CdfTables& tables, int row, float mean, float) {
  return static_cast<float>(decoder.get(tables, row)) + mean;
}

/// z, channel by channel.
template <class Coder>
void code_hyper(Coder& coder, const Tables& tables, const std::vector<float>& medians,
                std::vector<float>* symbols) {
  const std::size_t channels = medians.size();
  for (std::size_t c = 0; c < channels; ++c)
    for (std::size_t i = c; i < symbols->size(); i += channels)
      (*symbols)[i] = code(coder, tables.hyper, static_cast<int>(c), 0, (*symbols)[i] - medians[c]);
}

/// y: all that is handed out together comes channel by channel.
template <class Coder>
Reference::Code code_latents(Coder& coder, const Tables& tables, const std::vector<float>& steps,
                             std::size_t channels) {
  return
      [&, channels](std::span<const float> scales, std::span<const float> means, std::span<float> latents) {
        for (std::size_t c = 0; c < channels; ++c)
          for (std::size_t i = c; i < latents.size(); i += channels) {
            const auto row = std::lower_bound(steps.begin(), steps.end(), scales[i]) - steps.begin();
            latents[i] = code(coder, tables.latents, static_cast<int>(row), means[i], latents[i]);
          }
      };
}

}  // namespace

std::optional<std::size_t> compressai_length(Bytes bytes) {
  constexpr std::size_t longest_header = 23;
  if (bytes.size() < longest_header) return std::nullopt;
  Reader reader(bytes);
  read_file_header(reader);
  for (std::size_t i = 0; i < strings; ++i) {
    if (!reader.has(4)) return std::nullopt;
    const std::uint32_t length = reader.number(4);
    if (length > longest_string) throw Error(ErrorCode::corrupt_data, text("a string of ", length, " bytes"));
    if (!reader.has(length)) return std::nullopt;
    reader.take(length);
  }
  return bytes.size() - reader.left();
}

CompressaiCodec::CompressaiCodec(const std::filesystem::path& weights, int threads, int quality)
    : quality_(quality) {
  const Model model = open(weights);
  architecture_ = model.architecture;
  if (architecture_.nano)
    throw Error(ErrorCode::unsupported, "CompressAI has no mbt2018-nano", "Use container=mpq");
  if (architecture_.levels > 0)
    throw Error(ErrorCode::unsupported, "CompressAI has no models of variable rate",
                "Use container=mpq, or one of its models (mpq-models list)");
  tables_ = std::make_unique<const Tables>(read_tables(model));
  scale_steps_ = tables_->scales;
  scale_steps_.pop_back();
  reference_ = Reference::load(model.weights, architecture_, threads);
  transforms_ = Transforms::load(model, {.precision = nn::Precision::float32, .threads = threads});
}
CompressaiCodec::~CompressaiCodec() = default;

EncodedImage CompressaiCodec::encode(const ImageView& picture) {
  check_view(picture);
  std::vector<float> y, z;
  transforms_->analyse(picture, &y, &z);
  const LatentSize size = latent_size(picture.width, picture.height);
  StringEncoder encoder;
  code_hyper(encoder, *tables_, reference_->medians(), &z);
  const std::vector<std::uint8_t> z_string = encoder.finish();
  const auto m = static_cast<std::size_t>(architecture_.m);
  reference_->code(y, z, size, code_latents(encoder, *tables_, scale_steps_, m));
  const std::vector<std::uint8_t> y_string = encoder.finish();

  bytes_.clear();
  put(model_id(architecture_.variant), 1, &bytes_);
  put(static_cast<std::uint32_t>(quality_ - 1), 1, &bytes_);
  put(static_cast<std::uint32_t>(picture.height), 4, &bytes_);
  put(static_cast<std::uint32_t>(picture.width), 4, &bytes_);
  put(8, 1, &bytes_);
  put(static_cast<std::uint32_t>(size.height / 4), 4, &bytes_);
  put(static_cast<std::uint32_t>(size.width / 4), 4, &bytes_);
  put(strings, 4, &bytes_);
  for (const auto* string : {&y_string, &z_string}) {
    put(static_cast<std::uint32_t>(string->size()), 4, &bytes_);
    bytes_.insert(bytes_.end(), string->begin(), string->end());
  }
  return {bytes_, y_string.size() + z_string.size()};
}

ImageHeader CompressaiCodec::read_header(Bytes bytes) const {
  Reader reader(bytes);
  const Header header = read_file_header(reader);
  // Numbers of models were one lower before 1.2.2.
  const std::uint32_t own = model_id(architecture_.variant);
  if (header.model != own && header.model + 1 != own)
    throw Error(ErrorCode::mismatch,
                text("the file is of CompressAI's model ", header.model, ", not ", own, " (",
                     name(architecture_.variant), ')'),
                "Set model-file to the model that the file was written with");
  return {.width = static_cast<int>(header.width),
          .height = static_cast<int>(header.height),
          .formats = {PixelFormat::rgb24}};
}

DecodedImageInfo CompressaiCodec::decode(Bytes bytes, const MutableImageView& image) {
  const ImageHeader header = read_header(bytes);
  if (image.format != PixelFormat::rgb24 || image.width != header.width || image.height != header.height)
    throw Error(ErrorCode::invalid_argument, "the target is not of the file's size or not RGB");
  Reader reader(bytes);
  read_file_header(reader);
  const Bytes y_string = read_string(reader), z_string = read_string(reader);
  const LatentSize size = latent_size(image.width, image.height);
  const auto places = static_cast<std::size_t>(size.height) * static_cast<std::size_t>(size.width);
  const auto n = static_cast<std::size_t>(architecture_.n), m = static_cast<std::size_t>(architecture_.m);
  std::vector<float> z(places / 16 * n);
  StringDecoder z_decoder(z_string), y_decoder(y_string);
  code_hyper(z_decoder, *tables_, reference_->medians(), &z);
  z_decoder.finish();
  const std::vector<float> y = reference_->code(std::vector<float>(places * m), z, size,
                                                code_latents(y_decoder, *tables_, scale_steps_, m));
  y_decoder.finish();
  transforms_->synthesise(y, image);
  return {};
}

}  // namespace mpq::mbt2018
