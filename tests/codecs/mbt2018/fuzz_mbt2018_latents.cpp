// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Input: a byte for the network, one for the size, then an entropy-coded string; and the same bytes as
// latents.
#include <unistd.h>

#include <array>
#include <filesystem>

#include "codecs/mbt2018/latent_coder.h"
#include "tests/codecs/mbt2018/generated_model.h"
#include "tests/support/fuzz.h"

namespace {

using namespace mpq::mbt2018;
using mpq::test::Bytes;

std::vector<std::shared_ptr<const EntropyModel>> make_models() {
  std::vector<std::shared_ptr<const EntropyModel>> models;
  const auto file = std::filesystem::temp_directory_path() / ("mpq-fuzz-" + std::to_string(getpid()));
  for (const Variant variant : {Variant::mbt2018, Variant::mean, Variant::hyperprior}) {
    mpq::test::write_mbt2018(file.string(), mpq::test::mbt2018_tensors({variant, 2, 4}));
    models.push_back(std::make_shared<const EntropyModel>(open(file)));
  }
  std::filesystem::remove(file);
  return models;
}

/// From -32 to 32; beyond the input, 0.
std::vector<float> values(mpq::test::InputReader& input, int count) {
  std::vector<float> result;
  for (int i = 0; i < count; ++i)
    result.push_back(static_cast<float>(static_cast<std::int8_t>(input.byte())) / 4);
  return result;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto models = make_models();
  mpq::test::InputReader input({data, size});
  const auto& model = models[input.byte() % models.size()];
  const int shape = input.byte();
  const Grid grid{1 + shape % 3, 1 + shape / 3 % 3};
  LatentCoder decoder(model);
  mpq::test::answers([&] { decoder.decode(input.rest(), grid, 0); });

  const Architecture& a = model->architecture();
  const std::vector<float> y = values(input, 16 * grid.height * grid.width * a.m),
                           z = values(input, grid.height * grid.width * a.n);
  LatentCoder encoder(model);
  const CodedLatents coded = encoder.encode(y, z, grid);
  const bool good = mpq::test::answers([&] { decoder.decode(coded.bytes, grid, coded.crc); });
  mpq::test::require(good && decoder.latents().values == encoder.latents().values,
                     "what was coded is decoded to the same latents");
  return 0;
}
