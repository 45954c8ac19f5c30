// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The whole codec beside the reference: bytes spent, and the picture that comes out. The recursion of the
// context model is chaotic with generated weights, so latents may differ; what they cost may not.
#include <gtest/gtest.h>

#include "codecs/mbt2018/mbt2018.h"
#include "parity_picture.h"
#include "support/parity.h"
#include "support/shared.h"

namespace mpq::mbt2018 {
namespace {

using test::parity_padding;
using test::parity_picture;
using test::ParityCase;
using test::Picture;
using test::read_floats;

class CodecBesideTheReference : public testing::TestWithParam<const char*> {};

TEST_P(CodecBesideTheReference, SpendsItsBytesAndGivesItsQuality) {
  MPQ_REQUIRE_SHARED(folder, std::string("parity/") + GetParam());
  const test::TemporaryFolder temporary;
  const std::string file = temporary / "model.safetensors";
  if (!ParityCase(folder).write_checkpoint(file)) GTEST_SKIP() << "needs python3-numpy";
  const Picture original = parity_picture(folder / "in_image.npy", 0);
  const Picture reference = parity_picture(folder / "out_x_hat_decompress.npy", parity_padding);
  const double strings = static_cast<double>(read_floats(folder / "out_y_string.npy").size() +
                                             read_floats(folder / "out_z_string.npy").size());
  for (const nn::Precision precision : {nn::Precision::float32, nn::Precision::bfloat16}) {
    const auto codec = Codec::load(file, {.precision = precision, .threads = 1});
    Encoder encoder(codec);
    Decoder decoder(codec);
    const EncodedImage coded = encoder.encode(original.view());
    Picture decoded(PixelFormat::rgb24, original.width(), original.height());
    decoder.decode(coded.bytes, decoded.mutable_view());
    const double more = static_cast<double>(coded.entropy_coded_bytes) / strings - 1,
                 better = test::psnr(decoded.pixels(), original.pixels()) -
                          test::psnr(reference.pixels(), original.pixels());
    std::cout << GetParam() << ", " << codec->precision() << ": " << 100 * more << " % more bytes, " << better
              << " dB better\n";
    const bool exact = precision == nn::Precision::float32;
    EXPECT_LE(more, exact ? 0.001 : 0.01);
    EXPECT_GE(better, exact ? -0.05 : -0.1);
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, CodecBesideTheReference,
                         testing::Values("mbt2018_q1", "mbt2018_mean_q1", "bmshj2018_hyperprior_q1"));

}  // namespace
}  // namespace mpq::mbt2018
