// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include <algorithm>
#include <array>
#include <iomanip>
#include <map>
#include <mutex>

#include "codecs/mbt2018/latent_coder.h"
#include "codecs/mbt2018/mbt2018.h"
#include "codecs/mbt2018/transforms.h"
#include "core/error.h"
#include "core/image_check.h"
#include "core/text.h"
#include "models/model_store.h"
#include "nn/runtime.h"
#include "nn/shared.h"

namespace mpq::mbt2018 {
namespace {

std::string hexadecimal(std::uint64_t hash) {
  return text(std::hex, std::setfill('0'), std::setw(16), hash);
}

std::shared_ptr<const EntropyModel> load_entropy(const std::string& identity, const Model& model) {
  static nn::Shared<std::string, EntropyModel> models;
  return models.get(identity, [&] { return std::make_shared<const EntropyModel>(model); });
}

Grid grid_of(int width, int height) {
  const LatentSize size = latent_size(width, height);
  return {size.height / 4, size.width / 4};
}

stream::Codec codec_of(const Architecture& architecture) {
  switch (architecture.variant) {
    case Variant::mean:
      return stream::Codec::mbt2018_mean;
    case Variant::hyperprior:
      return stream::Codec::bmshj2018_hyperprior;
    default:
      return stream::Codec::mbt2018;
  }
}

/// The hash of a model without its transforms, computed once in a process for each state of its file; nothing
/// where it is another codec's.
std::optional<std::uint64_t> hash_of(const std::filesystem::path& weights, stream::Codec codec) {
  static std::mutex mutex;
  static std::map<std::string, std::uint64_t> hashes;
  const Model model = open(weights);
  if (codec_of(model.architecture) != codec) return std::nullopt;
  const std::string identity = nn::file_identity(weights);
  {
    const std::lock_guard lock(mutex);
    if (const auto known = hashes.find(identity); known != hashes.end()) return known->second;
  }
  const std::uint64_t hash = load_entropy(identity, model)->hash();
  const std::lock_guard lock(mutex);
  return hashes[identity] = hash;
}

/// What may be the codec's, that which most streams are coded with first.
std::vector<StoredModel> candidates(const std::string& codec) {
  std::vector<StoredModel> models = stored_models();
  std::erase_if(models, [&](const StoredModel& model) { return !model.name.starts_with(codec); });
  std::stable_partition(models.begin(), models.end(), [](const StoredModel& model) { return model.shipped; });
  return models;
}

/// Of a frame of a model of variable rate; -1 where the section is of another length.
int quality_of(const stream::Frame& frame) {
  const auto bytes = frame.sections[1];
  return bytes.size() == 2 ? bytes[0] << 8 | bytes[1] : -1;
}

/// Three equal channels.
ImageView spread(const ImageView& gray, std::vector<std::uint8_t>* rgb) {
  const std::ptrdiff_t stride = std::ptrdiff_t{3} * gray.width;
  rgb->resize(static_cast<std::size_t>(stride) * static_cast<std::size_t>(gray.height));
  for (int y = 0; y < gray.height; ++y)
    for (int x = 0; x < gray.width; ++x)
      std::fill_n(rgb->data() + stride * y + std::ptrdiff_t{3} * x, 3,
                  gray.planes[0].data[gray.planes[0].stride * y + x]);
  return {PixelFormat::rgb24, gray.width, gray.height, {{{rgb->data(), stride}}}};
}

}  // namespace

std::shared_ptr<const Codec> Codec::load(const std::filesystem::path& weights, const nn::Options& options) {
  static nn::Shared<std::string, Codec> codecs;
  try {
    const std::string identity = nn::file_identity(weights);
    const std::string key = text(identity, '\n', options.device, '\n', static_cast<int>(options.precision),
                                 '\n', options.threads);
    return codecs.get(key, [&] {
      const Model model = open(weights);
      auto entropy = load_entropy(identity, model);
      return std::make_shared<const Codec>(weights.string(), std::move(entropy),
                                           Transforms::load(model, options));
    });
  } catch (const std::filesystem::filesystem_error& error) {
    throw Error(ErrorCode::io, text("the model file cannot be read: ", error.what()),
                "Check the name; mpq-models lists what can be fetched");
  }
}

std::shared_ptr<const Codec> find_codec(const stream::FrameHeader& header, const nn::Options& options) {
  if (!stream::is_known(header.codec))
    throw Error(ErrorCode::unsupported,
                text("codec ", static_cast<int>(header.codec), " is not known to this release"),
                "Update mpq");
  const std::string codec = stream::name(header.codec);
  for (const StoredModel& model : candidates(codec)) {
    try {
      if (hash_of(model.path(), header.codec) != header.model) continue;
    } catch (const std::exception&) {
      continue;  // another network under a similar name, or a file that was damaged or removed since
    }
    return Codec::load(model.path(), options);
  }
  throw Error(
      ErrorCode::io,
      text("no installed model is the ", codec, " model ", hexadecimal(header.model), " of this stream"),
      "Set model-file to the weights that the encoder used, or fetch them: mpq-models list");
}

Codec::Codec(std::string file, std::shared_ptr<const EntropyModel> entropy,
             std::shared_ptr<const Transforms> transforms)
    : file_(std::move(file)), entropy_(std::move(entropy)), transforms_(std::move(transforms)) {}

const Architecture& Codec::architecture() const noexcept {
  return entropy_->architecture();
}

stream::Codec Codec::codec() const noexcept {
  return codec_of(architecture());
}

std::uint64_t Codec::hash() const noexcept {
  return entropy_->hash();
}

const char* Codec::precision() const noexcept {
  return transforms_->precision();
}

Encoder::Encoder(std::shared_ptr<const Codec> codec)
    : codec_(std::move(codec)), coder_(std::make_unique<LatentCoder>(codec_->entropy())) {}
Encoder::~Encoder() = default;

EncodedImage Encoder::encode(const ImageView& picture, int quality) {
  analyse(picture, &latents_, quality);
  return code(latents_);
}

void Encoder::analyse(const ImageView& picture, Latents* latents, int quality) {
  check_view(picture);
  if (picture.width > max_side || picture.height > max_side)
    throw Error(
        ErrorCode::invalid_argument,
        text("a picture of ", picture.width, 'x', picture.height, " is wider or higher than ", max_side),
        "Insert videoscale before this encoder");
  const bool gray = picture.format == PixelFormat::gray8;
  codec_->transforms().analyse(gray ? spread(picture, &rgb_) : picture, &latents->y, &latents->z, quality);
  latents->width = picture.width;
  latents->height = picture.height;
  latents->quality = quality;
}

EncodedImage Encoder::code(const Latents& latents) {
  codec_->transforms().use_threads();
  const CodedLatents coded = coder_->encode(latents.y, latents.z, grid_of(latents.width, latents.height));
  const bool variable = codec_->architecture().levels > 0;
  const stream::FrameHeader header{
      .codec = codec_->codec(),
      .mode = variable ? variable_mode : native_mode,
      .shape = {static_cast<std::uint32_t>(latents.height), static_cast<std::uint32_t>(latents.width)},
      .model = codec_->hash(),
      .latents_crc = coded.crc};
  const auto quality = static_cast<unsigned>(latents.quality);
  const std::array quality_bytes{static_cast<std::uint8_t>(quality >> 8),
                                 static_cast<std::uint8_t>(quality & 255)};
  const std::array<std::span<const std::uint8_t>, 2> sections{coded.bytes, quality_bytes};
  bytes_.clear();
  stream::write(header, std::span(sections).first(variable ? 2 : 1), &bytes_);
  return {bytes_, coded.bytes.size()};
}

Decoder::Decoder(std::shared_ptr<const Codec> codec)
    : codec_(std::move(codec)), coder_(std::make_unique<LatentCoder>(codec_->entropy())) {}
Decoder::~Decoder() = default;

stream::Frame Decoder::checked_frame(std::span<const std::uint8_t> bytes) const {
  const stream::Frame frame = stream::read(bytes);
  const stream::FrameHeader& header = frame.header;
  if (header.codec != codec_->codec() || header.model != codec_->hash())
    throw Error(ErrorCode::mismatch,
                text("the frame was coded with the ", stream::name(header.codec), " model ",
                     hexadecimal(header.model), ", not with ", codec_->file(), " (",
                     stream::name(codec_->codec()), ' ', hexadecimal(codec_->hash()), ')'),
                "Set model-file to the model that the encoder used");
  const bool variable = codec_->architecture().levels > 0;
  if (header.mode != (variable ? variable_mode : native_mode) || frame.sections.size() != (variable ? 2 : 1))
    throw Error(ErrorCode::unsupported,
                text("coder mode ", int{header.mode}, " with ", frame.sections.size(),
                     " sections is not known to this release"),
                "Update mpq");
  if (header.shape.size() != 2 || std::max(header.shape[0], header.shape[1]) > max_side)
    throw Error(ErrorCode::corrupt_data, "the frame's shape is no picture's");
  if (variable && (quality_of(frame) < 0 || quality_of(frame) > highest_quality(codec_->architecture())))
    throw Error(ErrorCode::corrupt_data, "the frame's quality is none of the model's");
  return frame;
}

ImageHeader Decoder::read_header(std::span<const std::uint8_t> bytes) const {
  const stream::Frame frame = checked_frame(bytes);
  return {.width = static_cast<int>(frame.header.shape[1]),
          .height = static_cast<int>(frame.header.shape[0]),
          .formats = {PixelFormat::rgb24}};
}

Latents Decoder::read(std::span<const std::uint8_t> bytes) {
  const stream::Frame frame = checked_frame(bytes);
  const int height = static_cast<int>(frame.header.shape[0]), width = static_cast<int>(frame.header.shape[1]);
  codec_->transforms().use_threads();
  coder_->decode(frame.sections[0], grid_of(width, height), frame.header.latents_crc);
  return {.width = width,
          .height = height,
          .quality = codec_->architecture().levels > 0 ? quality_of(frame) : 0,
          .y = coder_->latents_as_floats(),
          .z = {}};
}

void Decoder::synthesise(const Latents& latents, const MutableImageView& image) const {
  if (image.format != PixelFormat::rgb24 || image.width != latents.width || image.height != latents.height)
    throw Error(ErrorCode::invalid_argument, "the target is not of the frame's size or not RGB");
  codec_->transforms().synthesise(latents.y, image, latents.quality);
}

DecodedImageInfo Decoder::decode(std::span<const std::uint8_t> bytes, const MutableImageView& image) {
  synthesise(read(bytes), image);
  return {};
}

}  // namespace mpq::mbt2018
