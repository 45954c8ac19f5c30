// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The image codecs mbt2018, mbt2018-mean and bmshj2018-hyperprior: pictures to frames of the mpq stream and
// back (docs/bitstream.md). Transforms run in LibTorch; what decides how bits are read is exact
// (latent_coder.h), so that every machine decodes the latents that were coded.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "codecs/mbt2018/architecture.h"
#include "codecs/mbt2018/gains.h"
#include "core/encoded.h"
#include "core/image.h"
#include "core/image_header.h"
#include "nn/options.h"
#include "stream/frame.h"

namespace mpq::mbt2018 {

class EntropyModel;
class LatentCoder;
class Transforms;

/// A model that is ready to code. Immutable; shared by all who name the same file, device, precision and
/// threads, and freed with the last of them. Thread-safe.
class Codec {
 public:
  /// Throws Error: what open() throws, Error(unsupported) for weights that exact arithmetic cannot hold.
  static std::shared_ptr<const Codec> load(const std::filesystem::path& weights, const nn::Options& options);

  Codec(std::string file, std::shared_ptr<const EntropyModel> entropy,
        std::shared_ptr<const Transforms> transforms);

  const Architecture& architecture() const noexcept;
  stream::Codec codec() const noexcept;
  std::uint64_t hash() const noexcept;
  /// The weights' file.
  const std::string& file() const noexcept { return file_; }
  /// "float32" or "bfloat16"
  const char* precision() const noexcept;

  const std::shared_ptr<const EntropyModel>& entropy() const noexcept { return entropy_; }
  const Transforms& transforms() const noexcept { return *transforms_; }

 private:
  std::string file_;
  std::shared_ptr<const EntropyModel> entropy_;
  std::shared_ptr<const Transforms> transforms_;
};

/// The codec that a frame names, from the models that are installed (mpq-models). Throws Error(io) where none
/// of them is it, with what to do.
std::shared_ptr<const Codec> find_codec(const stream::FrameHeader& header, const nn::Options& options);

/// The coder mode of frames as they are written here: one section, which latent_coder.h describes.
constexpr std::uint8_t native_mode = 1;
/// The same for models of variable rate: another section, the quality, in two bytes.
constexpr std::uint8_t variable_mode = 2;

/// Pictures' sides, in pixels.
constexpr int max_side = 16384;

/// A picture's latents: layouts as in transforms.h.
struct Latents {
  int width = 0, height = 0;  ///< of the picture
  int quality = 0;            ///< of a model of variable rate (gains.h)
  std::vector<float> y;
  std::vector<float> z;  ///< empty where they were decoded
};

/// Not thread-safe: one for each thread.
class Encoder {
 public:
  explicit Encoder(std::shared_ptr<const Codec> codec);
  ~Encoder();

  /// Codes a picture (rgb24 or gray8, sides up to max_side), to one frame of the mpq stream. The bytes are
  /// valid until the next call or the encoder's end. Throws Error(invalid_argument) for other formats and
  /// sizes, Error(limit_exceeded) where memory ends.
  /// `quality` is from 0 to highest_quality() of the model.
  EncodedImage encode(const ImageView& picture, int quality = 0);

  /// Its halves: the transforms, and the coding of what they gave. One thread may be in each of them at once.
  void analyse(const ImageView& picture, Latents* latents, int quality = 0);
  EncodedImage code(const Latents& latents);

 private:
  std::shared_ptr<const Codec> codec_;
  std::unique_ptr<LatentCoder> coder_;
  Latents latents_;
  std::vector<std::uint8_t> rgb_;    // analyse()'s
  std::vector<std::uint8_t> bytes_;  // code()'s
};

/// Reads frames. Not thread-safe: one for each thread.
class Decoder {
 public:
  explicit Decoder(std::shared_ptr<const Codec> codec);
  ~Decoder();

  /// Throws Error(corrupt_data, unsupported) for what is no whole frame of this codec, and Error(mismatch)
  /// for a frame of another model, with both hashes.
  ImageHeader read_header(std::span<const std::uint8_t> bytes) const;

  /// Writes the whole picture into `image`, rgb24 and of the header's size, otherwise
  /// Error(invalid_argument). Throws as read_header() does; nothing is written where the latents are not
  /// those that were coded.
  DecodedImageInfo decode(std::span<const std::uint8_t> bytes, const MutableImageView& image);

  /// Its halves. One thread may be in each of them at once.
  Latents read(std::span<const std::uint8_t> bytes);
  void synthesise(const Latents& latents, const MutableImageView& image) const;

 private:
  stream::Frame checked_frame(std::span<const std::uint8_t> bytes) const;

  std::shared_ptr<const Codec> codec_;
  std::unique_ptr<LatentCoder> coder_;
};

}  // namespace mpq::mbt2018
