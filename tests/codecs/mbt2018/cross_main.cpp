// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Codes latents and decodes them again, and prints what tells the coded bytes and the decoded latents apart:
// every machine must print the same (tests/entropy/cross.py). Equal bytes that each machine decodes to equal
// latents are streams that travel.
//
// usage: cross_mbt2018 [MODEL.safetensors [HEIGHT WIDTH Y.npy Z.npy]]
// Without a model: three small generated ones. Without latents (of a height and width of z; y and z as
// [channels][height][width]): random ones for a picture of 256x256.
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>

#include "checkpoint/contents.h"
#include "codecs/mbt2018/latent_coder.h"
#include "stream/frame.h"
#include "tests/codecs/mbt2018/channels_last.h"
#include "tests/codecs/mbt2018/generated_model.h"

namespace mpq {

// In place of zlib's, for which there is no foreign build at hand.
std::uint32_t stream::crc32(std::span<const std::uint8_t> bytes, std::uint32_t so_far) {
  std::uint32_t crc = ~so_far;
  for (const std::uint8_t byte : bytes) {
    crc ^= byte;
    for (int i = 0; i < 8; ++i) crc = crc >> 1 ^ (crc % 2 == 1 ? 0xEDB88320U : 0U);
  }
  return ~crc;
}

namespace {

namespace fs = std::filesystem;
using namespace mbt2018;
using Floats = std::vector<float>;

std::shared_ptr<const checkpoint::Checkpoint> read(const fs::path& path) {
  static std::vector<std::shared_ptr<std::vector<std::uint8_t>>> kept;
  std::ifstream file(path, std::ios::binary);
  kept.push_back(std::make_shared<std::vector<std::uint8_t>>(std::istreambuf_iterator<char>(file),
                                                             std::istreambuf_iterator<char>()));
  const checkpoint::Source bytes{*kept.back(), kept.back()};
  return std::make_shared<const checkpoint::Checkpoint>(
      path.filename().string(), kept.back()->size(),
      path.extension() == ".npy" ? checkpoint::read_npy(bytes) : checkpoint::read_safetensors(bytes));
}

Floats latents(const char* file, int channels) {
  const auto array = read(file);
  return test::channels_last(to_float32(*array, array->tensors().front()), channels);
}

/// Around 0, up to 4, most of them small.
Floats random_latents(int count) {
  std::uint32_t state = 7;
  Floats values(static_cast<std::size_t>(count));
  for (float& value : values) {
    state = state * 1664525 + 1013904223;
    const float x = static_cast<float>(state >> 8) / 8388608.0F - 1.0F;
    value = 4 * x * x * x;
  }
  return values;
}

void print(const Model& model, Grid grid, const Floats& y, const Floats& z) {
  const auto exact = std::make_shared<const EntropyModel>(model);
  LatentCoder encoder(exact), decoder(exact);
  const CodedLatents coded = encoder.encode(y, z, grid);
  decoder.decode(coded.bytes, grid, coded.crc);
  std::cout << name(model.architecture.variant) << ": model " << exact->hash() << ", " << coded.bytes.size()
            << " bytes of CRC " << stream::crc32(coded.bytes) << ", latents of CRC " << coded.crc
            << std::endl;
}

void print_random(const Model& model) {
  constexpr Grid grid{4, 4};
  print(model, grid, random_latents(256 * model.architecture.m), random_latents(16 * model.architecture.n));
}

void print_generated() {
  const fs::path file = fs::temp_directory_path() / ("mpq-cross-" + std::to_string(std::rand()));
  for (const Variant variant : {Variant::mbt2018, Variant::mean, Variant::hyperprior}) {
    test::write_mbt2018(file.string(), test::mbt2018_tensors({variant, 12, 18}));
    print_random(fit(read(file)));
  }
  fs::remove(file);
}

}  // namespace
}  // namespace mpq

int main(int argc, char** argv) {
  using namespace mpq;
  if (argc < 2) {
    print_generated();
  } else if (argc < 6) {
    print_random(mbt2018::fit(read(argv[1])));
  } else {
    const mbt2018::Model model = mbt2018::fit(read(argv[1]));
    print(model, {std::atoi(argv[2]), std::atoi(argv[3])}, latents(argv[4], model.architecture.m),
          latents(argv[5], model.architecture.n));
  }
}
