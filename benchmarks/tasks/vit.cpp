// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// ViT: the network against PyTorch from Python and against the machine's own matrix products, the element
// against the network, and the first picture. Weights are random: they cost what trained ones cost.
#include "tasks/vit/vit.h"

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

constexpr int image_size = 224, patch = 16, tokens = 197, classes = 1000, depth = 12;

struct Variant {
  const char* name;
  std::int64_t width;
  std::int64_t hidden() const { return 4 * width; }
};
constexpr Variant base{"base", 768}, tiny{"tiny", 192};

std::vector<NamedShape> tensors(const Variant& v) {
  std::vector<NamedShape> all{{"cls_token", {1, 1, v.width}}, {"pos_embed", {1, tokens, v.width}}};
  const auto add = [&](const std::string& name, const std::vector<std::int64_t>& shape) {
    all.push_back({name + ".weight", shape});
    all.push_back({name + ".bias", {shape[0]}});
  };
  add("patch_embed.proj", {v.width, 3, patch, patch});
  for (int i = 0; i < depth; ++i) {
    const std::string block = text("blocks.", i, '.');
    add(block + "norm1", {v.width});
    add(block + "attn.qkv", {3 * v.width, v.width});
    add(block + "attn.proj", {v.width, v.width});
    add(block + "norm2", {v.width});
    add(block + "mlp.fc1", {v.hidden(), v.width});
    add(block + "mlp.fc2", {v.width, v.hidden()});
  }
  add("norm", {v.width});
  add("head", {classes, v.width});
  return all;
}

/// Operations of the matrix products for one picture, of which the last block computes the class token alone.
double operations(const Variant& v) {
  const auto width = static_cast<double>(v.width), hidden = static_cast<double>(v.hidden());
  const auto block = [&](double queries) {
    return 2 * (3 * tokens * width * width + 2 * queries * tokens * width + queries * width * width +
                2 * queries * width * hidden);
  };
  return 2 * (tokens - 1) * 3.0 * patch * patch * width + (depth - 1) * block(tokens) + block(1) +
         2 * width * classes;
}

/// The same picture as the peer's.
vit::Pixels test_pixels() {
  vit::Pixels pixels(std::size_t{3} * image_size * image_size);
  for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = static_cast<float>(i % 255) / 127.0F - 1;
  return pixels;
}

using ModelPtr = std::shared_ptr<const vit::Model>;

Leg network_leg(const std::string& name, const std::string& weights, const nn::Options& options) {
  const ModelPtr model = vit::Model::load(weights, {}, options);
  return alone(loop_leg(name, [model] {
    return [model, pixels = test_pixels()](std::size_t, Bytes*) { model->logits(pixels, 1); };
  }));
}

/// Matrix products of the same number of operations, of a size that this machine is fastest with.
Leg peak_leg(double operations, int threads) {
  return alone(loop_leg("products alone", [=] {
    const auto type = nn::prefers_bfloat16() ? at::kBFloat16 : at::kFloat;
    constexpr std::int64_t side = 1024;
    const auto rows = static_cast<std::int64_t>(operations / (2.0 * side * side));
    const at::Tensor a = at::ones({side, side}).to(type), b = at::ones({side, side}).to(type);
    return [=](std::size_t, Bytes*) {
      const c10::InferenceMode guard;
      if (at::get_num_threads() != threads) at::set_num_threads(threads);
      for (std::int64_t left = rows; left > 0; left -= side)
        at::matmul(a.narrow(0, 0, std::min(left, side)), b);
    };
  }));
}

/// PyTorch from Python; throws where it does not compute what we compute.
Leg peer_leg(const std::string& weights, int threads) {
  const auto peer = std::make_shared<Conversation>(
      Arguments{"/usr/bin/python3", MPQ_BENCH_SOURCE "/tasks/vit_peer.py", weights, std::to_string(threads)});
  std::istringstream words(peer->ask("logits"));
  const std::vector<float> logits{std::istream_iterator<float>(words), {}};
  const auto model = vit::Model::load(weights, {}, {.precision = nn::Precision::float32});
  if (logits.size() != classes ||
      !(relative_error(nn::apart([&] { return model->logits(test_pixels(), 1); }), logits) < 1e-4))
    throw Error(ErrorCode::internal, "ViT in PyTorch does not give our logits");
  return {text("PyTorch float32, ", threads, threads == 1 ? " thread" : " threads"),
          [peer](std::size_t count, Bytes*) {
            peer->ask("run 1");
            const double seconds = std::stod(peer->ask(text("run ", count)));
            return Cost{seconds, seconds};
          }};
}

/// How many times as fast as PyTorch in float32 this class of processor should make it.
double least_speed(const Machine& machine) {
  if (machine.processor_class == "AMX") return 3;
  return machine.processor_class == "AVX-512 BF16" ? 1.8 : 1;
}

void network(Bench& bench, const Variant& variant, const std::string& weights) {
  const std::string name = text("vit/", variant.name, "/network");
  if (!bench.wants(name)) return;
  const Machine machine = this_machine();
  Comparison c{.name = name, .unit = "picture", .legs = {}, .measure = Measure::wall};
  c.legs = {network_leg("mpq", weights, {}), peak_leg(operations(variant), machine.cores)};
  const bool judged = variant.width == base.width;
  if (judged) c.bars = {{"products alone", 0.5}};
  if (machine.cores > 1) c.legs.push_back(network_leg("mpq, 1 thread", weights, {.threads = 1}));
  c.legs.push_back(network_leg("mpq, float32", weights, {.precision = nn::Precision::float32}));
  if (have_pytorch()) {
    for (const int threads : {1, machine.cores}) {
      if (threads == 1 && c.legs.back().name.starts_with("PyTorch")) break;
      c.legs.push_back(peer_leg(weights, threads));
      if (judged) c.bars.push_back({c.legs.back().name, least_speed(machine)});
    }
  }
  bench.compare(c);
}

void element(Bench& bench, const Variant& variant, const std::string& weights) {
  const std::string name = text("vit/", variant.name, "/element");
  if (!bench.wants(name) || !have_elements({"mpqvit"})) return;
  Comparison c{.name = name, .unit = "picture", .legs = {}, .measure = Measure::wall};
  c.legs = {element_leg("mpqvit", "mpqvit model-file=" + weights, photographs(Size::vga_class, "RGB")),
            network_leg("network", weights, {})};
  if (variant.width == base.width) c.bars = {{"network", 0.97}};
  bench.compare(c);
}

void first_picture(Bench& bench, const std::string& weights) {
  const std::string name = "vit/tiny/first-picture";
  if (!bench.wants(name) || !have_elements({"mpqvit"}) || !have_program("gst-launch-1.0")) return;
  const auto launch = [](const std::string& element) {
    return Arguments{"sh", "-c",
                     "exec gst-launch-1.0 -q videotestsrc num-buffers=1 ! " + element + " ! fakesink"};
  };
  Comparison c{.name = name, .unit = "process", .legs = {}, .pieces = 1, .measure = Measure::wall};
  c.legs = {process_leg("mpqvit", launch("mpqvit model-file=" + weights)),
            process_leg("identity", launch("identity"))};
  c.bars = {{.against = "identity", .most_extra_s = 1.4}};
  bench.compare(c);
}

void run(Bench& bench) {
  if (!bench.wants("vit")) return;
  const TemporaryFolder folder;
  for (const Variant& variant : {base, tiny}) {
    const std::string weights = (folder.path() / text(variant.name, ".safetensors")).string();
    write_random_weights(tensors(variant), weights);
    network(bench, variant, weights);
    element(bench, variant, weights);
    if (variant.width == tiny.width) first_picture(bench, weights);
    std::filesystem::remove(weights);
  }
}

}  // namespace
}  // namespace mpq::bench

MPQ_BENCHMARK("vit", mpq::bench::run)
