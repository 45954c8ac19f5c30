// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// MBT2018's transforms, 768x512, N = M = 192, against convolutions of as many operations of the shape that
// LibTorch is fastest with, and against float32. Weights are random: they cost what trained ones cost.
#include "benchmarks/harness.h"
#include "benchmarks/machine.h"
#include "benchmarks/network.h"
#include "benchmarks/process.h"
#include "codecs/mbt2018/transforms.h"
#include "core/text.h"
#include "nn/runtime.h"
#include "tests/codecs/mbt2018/generated_model.h"

namespace mpq::bench {
namespace {

constexpr int width = 768, height = 512;
constexpr mbt2018::Architecture quality1{mbt2018::Variant::mbt2018, 192, 192};

/// Multiplications of g_a, and of g_s: convolutions of 25 N N (or N M, or 3 N) at four sizes, and the
/// products of three normalisations.
constexpr double multiplications() {
  constexpr double n = quality1.n, m = quality1.m, pixels = double{width} * height;
  return pixels / 4 * (75 * n + n * n) + pixels / 16 * (25 * n * n + n * n) +
         pixels / 64 * (25 * n * n + n * n) + pixels / 256 * 25 * n * m;
}

/// Of h_a, which the analysis computes, too.
constexpr double hyper_multiplications() {
  constexpr double n = quality1.n, m = quality1.m, latents = double{width} * height / 256;
  return latents * 9 * n * m + latents / 4 * 25 * n * n + latents / 16 * 25 * n * n;
}

using TransformsPtr = std::shared_ptr<const mbt2018::Transforms>;

std::vector<std::uint8_t> test_pixels() {
  std::vector<std::uint8_t> pixels(std::size_t{3} * width * height);
  for (std::size_t i = 0; i < pixels.size(); ++i)
    pixels[i] = static_cast<std::uint8_t>((i / 7 + i / width % 251) % 256);
  return pixels;
}

Leg analysis_leg(const std::string& name, const TransformsPtr& transforms) {
  return alone(loop_leg(name, [transforms] {
    return [transforms, pixels = test_pixels(), y = std::vector<float>(), z = std::vector<float>()](
               std::size_t, Bytes*) mutable {
      transforms->analyse({PixelFormat::rgb24, width, height, {{{pixels.data(), 3 * width}}}}, &y, &z);
    };
  }));
}

Leg synthesis_leg(const std::string& name, const TransformsPtr& transforms) {
  std::vector<float> y, z;
  const auto pixels = test_pixels();
  nn::apart([&] {
    transforms->analyse({PixelFormat::rgb24, width, height, {{{pixels.data(), 3 * width}}}}, &y, &z);
  });
  return alone(loop_leg(name, [transforms, y] {
    return [transforms, y, pixels = test_pixels()](std::size_t, Bytes*) mutable {
      transforms->synthesise(y, {PixelFormat::rgb24, width, height, {{{pixels.data(), 3 * width}}}});
    };
  }));
}

template <class MakeLeg>
void compare(Bench& bench, const std::string& name, const mbt2018::Model& model, double multiplications,
             const MakeLeg& leg) {
  if (!bench.wants(name)) return;
  const auto load = [&](const nn::Options& options) {
    return mbt2018::Transforms::load(model, options);
  };
  const Machine machine = this_machine();
  Comparison c{.name = name, .unit = "picture", .legs = {}, .measure = Measure::wall};
  c.legs = {leg("mpq", load({})), convolutions_leg(multiplications, machine.cores)};
  c.bars = {{"convolutions alone", 0.7}};
  if (machine.cores > 1) c.legs.push_back(leg("mpq, 1 thread", load({.threads = 1})));
  c.legs.push_back(leg("mpq, float32", load({.precision = nn::Precision::float32})));
  bench.compare(c);
}

void run(Bench& bench) {
  if (!bench.wants("mbt2018-transforms")) return;
  const TemporaryFolder folder;
  const std::string file = (folder.path() / "model.safetensors").string();
  test::write_mbt2018(file, test::mbt2018_tensors(quality1));
  const mbt2018::Model model = mbt2018::open(file);
  compare(bench, "mbt2018-transforms/analysis/768x512", model, multiplications() + hyper_multiplications(),
          analysis_leg);
  compare(bench, "mbt2018-transforms/synthesis/768x512", model, multiplications(), synthesis_leg);
}

}  // namespace
}  // namespace mpq::bench

MPQ_BENCHMARK("mbt2018-transforms", mpq::bench::run)
