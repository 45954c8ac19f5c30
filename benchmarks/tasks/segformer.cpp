// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// SegFormer-b0, 512x512: the network and the whole way from pixels to labels against PyTorch from Python and
// against the machine's own convolutions, the element against the segmenter. Weights are random: they cost
// what trained ones cost, but that neighbouring pixels' classes differ more often.
#include "tasks/segformer/segformer.h"

#include <iterator>
#include <sstream>

#include "benchmarks/conversation.h"
#include "benchmarks/machine.h"
#include "benchmarks/media.h"
#include "benchmarks/network.h"
#include "core/error.h"
#include "core/text.h"
#include "nn/runtime.h"

namespace mpq::bench {
namespace {

constexpr int side = 512, classes = 150, decoder = 256;
constexpr std::array<std::int64_t, 4> widths{32, 64, 160, 256}, ratios{8, 4, 2, 1}, kernels{7, 3, 3, 3};
constexpr int depth = 2;

std::vector<NamedShape> tensors() {
  std::vector<NamedShape> all;
  const auto add = [&](const std::string& name, const std::vector<std::int64_t>& shape) {
    all.push_back({name + ".weight", shape});
    all.push_back({name + ".bias", {shape[0]}});
  };
  const std::string encoder = "segformer.encoder.", head = "decode_head.";
  for (std::size_t i = 0; i < widths.size(); ++i) {
    const std::int64_t w = widths[i], k = kernels[i], r = ratios[i];
    add(text(encoder, "patch_embeddings.", i, ".proj"), {w, i == 0 ? 3 : widths[i - 1], k, k});
    add(text(encoder, "patch_embeddings.", i, ".layer_norm"), {w});
    for (int j = 0; j < depth; ++j) {
      const std::string block = text(encoder, "block.", i, '.', j, '.');
      for (const char* part : {"layer_norm_1", "layer_norm_2"}) add(block + part, {w});
      for (const char* part : {"self.query", "self.key", "self.value", "output.dense"})
        add(block + "attention." + part, {w, w});
      if (r > 1) {
        add(block + "attention.self.sr", {w, w, r, r});
        add(block + "attention.self.layer_norm", {w});
      }
      add(block + "mlp.dense1", {4 * w, w});
      add(block + "mlp.dwconv.dwconv", {4 * w, 1, 3, 3});
      add(block + "mlp.dense2", {w, 4 * w});
    }
    add(text(encoder, "layer_norm.", i), {w});
    add(text(head, "linear_c.", i, ".proj"), {decoder, w});
  }
  all.push_back({head + "linear_fuse.weight", {decoder, 4 * decoder, 1, 1}});
  add(head + "batch_norm", {decoder});
  for (const char* part : {"running_mean", "running_var"})
    all.push_back({head + "batch_norm." + part, {decoder}});
  add(head + "classifier", {classes, decoder, 1, 1});
  return all;
}

/// Of one picture, with the head's matrices put together as ours are.
double multiplications() {
  double sum = 0, pixels = double{side} * side;
  for (std::size_t i = 0; i < widths.size(); ++i) {
    const auto w = static_cast<double>(widths[i]), ratio = static_cast<double>(ratios[i]);
    pixels /= i == 0 ? 16 : 4;
    const double keys = pixels / (ratio * ratio), inputs = i == 0 ? 3 : static_cast<double>(widths[i - 1]);
    const double reducing = ratio > 1 ? pixels * w * w : 0;
    sum += pixels * static_cast<double>(kernels[i] * kernels[i]) * inputs * w + pixels * w * decoder +
           depth * (2 * pixels * w * w + reducing + 2 * keys * w * w + 2 * pixels * keys * w +
                    pixels * (8 * w * w + 36 * w));
  }
  return sum + double{side} * side / 16 * decoder * classes;
}

/// The same picture as the peer's.
segformer::Pixels test_pixels() {
  segformer::Pixels pixels{side, side, std::vector<float>(std::size_t{3} * side * side)};
  for (std::size_t i = 0; i < pixels.values.size(); ++i)
    pixels.values[i] = static_cast<float>(i % 255) / 127 - 1;
  return pixels;
}

using ModelPtr = std::shared_ptr<const segformer::Model>;

Leg network_leg(const std::string& name, const std::string& weights, const nn::Options& options) {
  const ModelPtr model = segformer::Model::load(weights, options);
  return alone(loop_leg(name, [model] {
    return [model, pixels = test_pixels(), logits = segformer::Logits()](std::size_t, Bytes*) mutable {
      model->logits(pixels, 1, &logits);
    };
  }));
}

/// From the pixels of a picture to its labels.
Leg segmenter_leg(const std::string& name, const std::string& weights, const nn::Options& options,
                  const StreamPtr& stream, const SizeInfo& size) {
  const ModelPtr model = segformer::Model::load(weights, options);
  return alone(loop_leg(name, [=] {
    const auto segmenter = std::make_shared<segformer::Segmenter>(model, segformer::Preprocessing{});
    return [=, bytes = joined(*stream)](std::size_t, Bytes*) {
      segmenter->segment(view_of("RGB", size, bytes.data()));
    };
  }));
}

/// PyTorch from Python; throws where it does not compute what we compute.
Leg peer_leg(const std::string& weights, int threads, bool channels_last, const std::string& work) {
  const auto peer = std::make_shared<Conversation>(
      Arguments{"/usr/bin/python3", MPQ_BENCH_SOURCE "/tasks/segformer_peer.py", weights,
                std::to_string(threads), channels_last ? "channels-last" : "contiguous"});
  std::istringstream words(peer->ask("logits"));
  const std::vector<float> logits{std::istream_iterator<float>(words), {}};
  segformer::Logits own;
  nn::apart([&] {
    segformer::Model::load(weights, {.precision = nn::Precision::float32, .threads = 1})
        ->logits(test_pixels(), 1, &own);
  });
  std::vector<float> some;
  for (std::size_t i = 0; i < own.values.size(); i += 101) some.push_back(own.values[i]);
  if (logits.size() != some.size() || !(relative_error(some, logits) < 1e-4))
    throw Error(ErrorCode::internal, "SegFormer in PyTorch does not give our logits");
  return {text("PyTorch float32, ", threads, threads == 1 ? " thread" : " threads",
               channels_last ? ", channels-last" : ""),
          [peer, work](std::size_t count, Bytes*) {
            peer->ask(work + " 1");
            const double seconds = std::stod(peer->ask(text(work, ' ', count)));
            return Cost{seconds, seconds};
          }};
}

/// How many times as fast as PyTorch in float32 this class of processor should make it.
double least_speed(const Machine& machine) {
  if (machine.processor_class == "AMX") return 2.5;
  return machine.processor_class == "AVX-512 BF16" ? 1.7 : 1;
}

void add_peers(Comparison* c, const std::string& weights, const Machine& machine, const std::string& work) {
  if (!have_pytorch()) return;
  for (const int threads : {1, machine.cores})
    for (const bool channels_last : {false, true}) {
      c->legs.push_back(peer_leg(weights, threads, channels_last, work));
      c->bars.push_back({c->legs.back().name, least_speed(machine)});
    }
}

void network(Bench& bench, const std::string& weights) {
  const std::string name = "segformer/b0/network";
  if (!bench.wants(name)) return;
  const Machine machine = this_machine();
  Comparison c{.name = name, .unit = "picture", .legs = {}, .measure = Measure::wall};
  c.legs = {network_leg("mpq", weights, {}), convolutions_leg(multiplications(), machine.cores)};
  if (machine.cores > 1) c.legs.push_back(network_leg("mpq, 1 thread", weights, {.threads = 1}));
  c.legs.push_back(
      network_leg("mpq, float32, 1 thread", weights, {.precision = nn::Precision::float32, .threads = 1}));
  add_peers(&c, weights, machine, "run");
  bench.compare(c);
}

void labels(Bench& bench, const std::string& weights) {
  const std::string name = "segformer/b0/labels";
  if (!bench.wants(name)) return;
  const Machine machine = this_machine();
  const StreamPtr stream = photographs(Size::vga_class, "RGB");
  Comparison c{.name = name, .unit = "picture", .legs = {}, .measure = Measure::wall};
  c.legs = {segmenter_leg("mpq", weights, {}, stream, sizes[0])};
  if (have_elements({"mpqsegformer"}))
    c.legs.push_back(
        element_leg("mpqsegformer", "mpqsegformer output=label-map model-file=" + weights, stream));
  add_peers(&c, weights, machine, "labels");
  bench.compare(c);
}

void run(Bench& bench) {
  if (!bench.wants("segformer")) return;
  const TemporaryFolder folder;
  const std::string weights = (folder.path() / "b0.safetensors").string();
  write_random_weights(tensors(), weights);
  network(bench, weights);
  labels(bench, weights);
}

}  // namespace
}  // namespace mpq::bench

MPQ_BENCHMARK("segformer", mpq::bench::run)
