// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "train/mbt2018/validation.h"

#include <vector>

#include "codecs/mbt2018/gains.h"
#include "codecs/mbt2018/mbt2018.h"
#include "core/error.h"
#include "metrics/psnr/psnr.h"

namespace mpq::train::mbt2018 {
namespace {

psnr::Picture components(const Picture& picture) {
  psnr::Picture all{.component_count = 3};
  for (std::size_t c = 0; c < 3; ++c)
    all.components[c] = {picture.rgb.data() + c, picture.width * std::ptrdiff_t{3}, 3, picture.width,
                         picture.height};
  return all;
}

double psnr_of(const Picture& a, const Picture& b) {
  const psnr::Picture one = components(a), other = components(b);
  return psnr::score(psnr::squared_error(one, other), 3, one.peak()).psnr;
}

}  // namespace

std::vector<Score> validate(const std::filesystem::path& model, std::span<const Picture> pictures,
                            int threads) {
  if (pictures.empty()) throw Error(ErrorCode::invalid_argument, "there is no picture to validate with");
  const auto codec =
      mpq::mbt2018::Codec::load(model, {.precision = nn::Precision::float32, .threads = threads});
  mpq::mbt2018::Encoder encoder(codec);
  mpq::mbt2018::Decoder decoder(codec);
  std::vector<Score> scores;
  for (int quality = 0; quality <= mpq::mbt2018::highest_quality(codec->architecture());
       quality += mpq::mbt2018::level_steps) {
    Score& score = scores.emplace_back();
    for (const Picture& picture : pictures) {
      const EncodedImage coded = encoder.encode(picture.view(), quality);
      Picture decoded{picture.width, picture.height, std::vector<std::uint8_t>(picture.rgb.size())};
      decoder.decode(coded.bytes, decoded.view());
      const double pixels = static_cast<double>(picture.width) * picture.height;
      score.rate += static_cast<double>(coded.bytes.size()) * 8 / pixels;
      score.psnr += psnr_of(picture, decoded);
    }
    score.rate /= static_cast<double>(pictures.size());
    score.psnr /= static_cast<double>(pictures.size());
  }
  return scores;
}

}  // namespace mpq::train::mbt2018
