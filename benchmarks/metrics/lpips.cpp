// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// LPIPS on pairs of 768x512: against PyTorch from Python, against convolutions of as many operations, and
// what a reference costs that is shared. Weights are random: they cost what trained ones cost.
#include "metrics/lpips/lpips.h"

#include <array>
#include <cmath>

#include "benchmarks/conversation.h"
#include "benchmarks/machine.h"
#include "benchmarks/media.h"
#include "benchmarks/network.h"
#include "benchmarks/process.h"
#include "core/error.h"
#include "core/text.h"
#include "nn/runtime.h"
#include "tests/metrics/lpips/lpips_weights.h"

namespace mpq::bench {
namespace {

using lpips::Backbone;

constexpr int width = 768, height = 512;

/// Multiplications of VGG16 for one picture: its pools have no say in the sizes of 768x512.
double vgg_multiplications() {
  double sum = 0, places = double{width} * height;
  for (const lpips::Layer& layer : lpips::layers_of(Backbone::vgg16)) {
    if (layer.kind == lpips::Layer::Kind::pool) places /= 4;
    sum += places * 9 * layer.inputs * layer.outputs;
  }
  return sum;
}

/// The same pictures as the peer's, and another.
std::vector<std::uint8_t> test_pixels(std::size_t period) {
  std::vector<std::uint8_t> pixels(std::size_t{3} * width * height);
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<std::uint8_t>(i % period);
  return pixels;
}

ImageView view(const std::vector<std::uint8_t>& pixels) {
  return {PixelFormat::rgb24, width, height, {{{pixels.data(), 3 * width}}}};
}

using ModelPtr = std::shared_ptr<const lpips::Model>;

/// `pairs` scores a piece: with references that are new each time, or one that is kept; or as many branches
/// of one new reference.
enum class Way { pairs, kept, branches };
Leg score_leg(const std::string& name, const ModelPtr& model, Way way = Way::pairs, int pairs = 1) {
  return alone(loop_leg(name, [=] {
    return [=, scorer = std::make_shared<lpips::Scorer>(model), reference = test_pixels(251),
            one = test_pixels(241), other = test_pixels(239)](std::size_t i, Bytes*) mutable {
      const std::array views{view(one), view(other)};
      const int calls = way == Way::branches ? 1 : pairs;
      for (int k = 0; k < calls; ++k) {
        if (way != Way::kept) reference[0] = static_cast<std::uint8_t>(i * 2 + static_cast<std::size_t>(k));
        const int count = pairs / calls;
        scorer->score(view(reference), std::span(views).first(static_cast<std::size_t>(count)));
      }
    };
  }));
}

ModelPtr load(const std::string& weights, const nn::Options& options = {}) {
  return lpips::Model::load(weights, {}, options);
}

/// PyTorch from Python; throws where it does not compute what we compute.
Leg peer_leg(const std::string& weights, int threads) {
  const auto peer = std::make_shared<Conversation>(
      Arguments{"/usr/bin/python3", MPQ_BENCH_SOURCE "/metrics/lpips_peer.py", weights,
                std::to_string(threads), std::to_string(width), std::to_string(height)});
  const double theirs = std::stod(peer->ask("distance"));
  const double ours = nn::apart([&] {
    const auto reference = test_pixels(251), distorted = test_pixels(241);
    const std::array views{view(distorted)};
    return lpips::Scorer(load(weights, {.precision = nn::Precision::float32}))
        .score(view(reference), views)[0]
        .distance;
  });
  if (!(std::abs(ours / theirs - 1) < 1e-4))
    throw Error(ErrorCode::internal, text("LPIPS in PyTorch is ", theirs, ", not ", ours));
  return {text("PyTorch float32, ", threads, threads == 1 ? " thread" : " threads"),
          [peer](std::size_t count, Bytes*) {
            const double seconds = std::stod(peer->ask(text("run ", count)));
            return Cost{seconds, seconds};
          }};
}

/// How many times as fast as PyTorch in float32 this class of processor should make it.
double least_speed(const Machine& machine) {
  if (machine.processor_class == "AMX") return 4;
  return machine.processor_class == "AVX-512 BF16" ? 1.7 : 1;
}

void pair(Bench& bench, Backbone backbone, const std::string& network, const std::string& weights) {
  const std::string name = text("lpips/", network, "/pair/768x512");
  if (!bench.wants(name)) return;
  const Machine machine = this_machine();
  Comparison c{.name = name, .unit = "pair", .legs = {}, .measure = Measure::wall};
  c.legs = {score_leg("mpq", load(weights))};
  if (backbone == Backbone::vgg16) {
    c.legs.push_back(convolutions_leg(2 * vgg_multiplications(), machine.cores));
    c.bars.push_back({"convolutions alone", 0.9});
  }
  if (machine.cores > 1) c.legs.push_back(score_leg("mpq, 1 thread", load(weights, {.threads = 1})));
  c.legs.push_back(score_leg("mpq, float32", load(weights, {.precision = nn::Precision::float32})));
  if (have_pytorch()) {
    for (const int threads : {1, machine.cores}) {
      if (threads == 1 && c.legs.back().name.starts_with("PyTorch")) break;
      c.legs.push_back(peer_leg(weights, threads));
      if (backbone == Backbone::vgg16) c.bars.push_back({c.legs.back().name, least_speed(machine)});
    }
  }
  bench.compare(c);
}

void shared_reference(Bench& bench, const std::string& network, const std::string& weights) {
  const std::string name = text("lpips/", network, "/shared-reference/768x512");
  if (!bench.wants(name)) return;
  const ModelPtr model = load(weights);
  Comparison c{.name = name, .unit = "pair", .units_a_piece = 2, .legs = {}, .measure = Measure::wall};
  c.legs = {score_leg("reference kept", model, Way::kept, 2),
            score_leg("two branches", model, Way::branches, 2),
            score_leg("new references", model, Way::pairs, 2)};
  c.bars = {{"new references", 1.8}};
  bench.compare(c);
}

void run(Bench& bench) {
  if (!bench.wants("lpips")) return;
  const TemporaryFolder folder;
  for (const auto& [backbone, network] :
       {std::pair{Backbone::vgg16, "vgg"}, std::pair{Backbone::alexnet, "alex"},
        std::pair{Backbone::squeezenet, "squeeze"}}) {
    const std::string weights = (folder.path() / text(network, ".safetensors")).string();
    test::write_tensors(weights, test::random_lpips(backbone));
    pair(bench, backbone, network, weights);
    shared_reference(bench, network, weights);
    std::filesystem::remove(weights);
  }
}

}  // namespace
}  // namespace mpq::bench

MPQ_BENCHMARK("lpips", mpq::bench::run)
