// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// MBT2018, 768x512, N = M = 192, against CompressAI where MPQ_COMPRESSAI names one that is built. The weights
// are those of the parity case where the development data are there, which CompressAI reads too, else random
// ones.
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "benchmarks/conversation.h"
#include "benchmarks/harness.h"
#include "benchmarks/machine.h"
#include "benchmarks/media.h"
#include "benchmarks/network.h"
#include "benchmarks/process.h"
#include "codecs/mbt2018/latent_coder.h"
#include "codecs/mbt2018/mbt2018.h"
#include "codecs/mbt2018/transforms.h"
#include "core/text.h"
#include "nn/runtime.h"
#include "tests/codecs/mbt2018/generated_model.h"

namespace mpq::bench {
namespace {

constexpr const SizeInfo& size = sizes[0];
constexpr mbt2018::Grid grid{size.height / 64, size.width / 64};
using CodecPtr = std::shared_ptr<const mbt2018::Codec>;

Bytes picture() {
  return joined(*photographs(Size::vga_class, "RGB"));
}

Leg encoder_leg(const std::string& name, const CodecPtr& codec) {
  return alone(loop_leg(name, [codec] {
    return [encoder = std::make_shared<mbt2018::Encoder>(codec), pixels = picture()](std::size_t, Bytes*) {
      encoder->encode(view_of("RGB", size, pixels.data()));
    };
  }));
}

Leg decoder_leg(const std::string& name, const CodecPtr& codec) {
  const Bytes coded = nn::apart([&] {
    mbt2018::Encoder encoder(codec);
    const Bytes pixels = picture();
    const auto bytes = encoder.encode(view_of("RGB", size, pixels.data())).bytes;
    return Bytes(bytes.begin(), bytes.end());
  });
  return alone(loop_leg(name, [codec, coded] {
    return [decoder = std::make_shared<mbt2018::Decoder>(codec), coded,
            pixels = Bytes(std::size_t{3} * size.width * size.height)](std::size_t, Bytes*) mutable {
      decoder->decode(coded,
                      {PixelFormat::rgb24, size.width, size.height, {{{pixels.data(), 3 * size.width}}}});
    };
  }));
}

/// The latents of the picture, from bytes and back.
Leg latents_leg(const std::string& name, const CodecPtr& codec) {
  const auto coder = std::make_shared<mbt2018::LatentCoder>(codec->entropy());
  const mbt2018::CodedLatents coded = nn::apart([&] {
    std::vector<float> y, z;
    const Bytes pixels = picture();
    codec->transforms().analyse(view_of("RGB", size, pixels.data()), &y, &z);
    return coder->encode(y, z, grid);
  });
  return alone(loop_leg(name, [coder, coded] {
    return [=](std::size_t, Bytes*) { coder->decode(coded.bytes, grid, coded.crc); };
  }));
}

class Files {
 public:
  Files() {
    const char* shared = std::getenv("MPQ_SHARED_DIR");
    const std::string parity = text(shared == nullptr ? "." : shared, "/parity/");
    published_ = std::system(("/usr/bin/python3 " + parity + "make_checkpoint.py " + parity + "mbt2018_q1 " +
                              weights() + " >/dev/null 2>&1")
                                 .c_str()) == 0;
    if (!published_)
      test::write_mbt2018(weights(), test::mbt2018_tensors({mbt2018::Variant::mbt2018, 192, 192}));
    const Bytes pixels = picture();
    std::ofstream(rgb(), std::ios::binary)
        .write(reinterpret_cast<const char*>(pixels.data()), std::ptrdiff_t{3} * size.width * size.height);
  }
  std::string weights() const { return (folder_.path() / "model.safetensors").string(); }
  std::string rgb() const { return (folder_.path() / "picture.rgb").string(); }

  bool have_peer() const {
    return published_ && have_program("/usr/bin/python3 " MPQ_BENCH_SOURCE "/codecs/mbt2018_peer.py --check");
  }

  /// One piece of work a round, whatever the count: they take seconds.
  Leg peer(const std::string& work, int threads) const {
    const auto peer = std::make_shared<Conversation>(
        Arguments{"/usr/bin/python3", MPQ_BENCH_SOURCE "/codecs/mbt2018_peer.py", "mbt2018", weights(), rgb(),
                  std::to_string(size.width), std::to_string(size.height), std::to_string(threads)});
    return {text("CompressAI, ", threads, threads == 1 ? " thread" : " threads"),
            [peer, work](std::size_t count, Bytes*) {
              const double seconds = std::stod(peer->ask(work + " 1")) * static_cast<double>(count);
              return Cost{seconds, seconds};
            }};
  }

 private:
  TemporaryFolder folder_;
  bool published_ = false;
};

/// How many times as fast as CompressAI this class of processor should make it: decoding, encoding.
std::pair<double, double> least_speeds(const Machine& machine) {
  if (machine.processor_class == "AMX") return {15, 8};
  return machine.processor_class == "AVX-512 BF16" ? std::pair{11.0, 6.0} : std::pair{1.0, 1.0};
}

template <class MakeLeg>
void compare(Bench& bench, const Files& files, const std::string& work, double least_speed,
             const MakeLeg& leg) {
  const std::string name = text("mbt2018/", work, "/768x512");
  if (!bench.wants(name)) return;
  Comparison c{.name = name, .unit = "picture", .legs = {}, .pieces = 4, .measure = Measure::wall};
  const auto load = [&](const nn::Options& options) {
    return mbt2018::Codec::load(files.weights(), options);
  };
  const Machine machine = this_machine();
  c.legs = {leg("mpq", load({}))};
  const bool whole = least_speed > 0;  // and not the exact part alone, which is the same in every precision
  if (whole && machine.cores > 1) c.legs.push_back(leg("mpq, 1 thread", load({.threads = 1})));
  if (whole) c.legs.push_back(leg("mpq, float32", load({.precision = nn::Precision::float32})));
  if (whole && files.have_peer()) {
    for (int threads = 1; threads <= machine.cores; threads += std::max(1, machine.cores - 1)) {
      c.legs.push_back(files.peer(work, threads));
      c.bars.push_back({c.legs.back().name, least_speed});
    }
  }
  bench.compare(c);
}

void elements(Bench& bench, const Files& files) {
  const std::string element = "mbt2018/elements/768x512";
  if (!bench.wants(element) || !have_elements({"mpqmbt2018enc", "mpqmbt2018dec"})) return;
  Comparison c{.name = element, .unit = "picture", .legs = {}, .pieces = 4, .measure = Measure::wall};
  const std::string model = " model-file=" + files.weights();
  const StreamPtr raw = photographs(Size::vga_class, "RGB");
  c.legs = {element_leg("mpqmbt2018enc", "mpqmbt2018enc" + model, raw),
            encoder_leg("library", mbt2018::Codec::load(files.weights(), {}))};
  bench.compare(c);
}

/// Two frames at once, on a processor each, against one after the other on one.
void overlap(Bench& bench, const Files& files) {
  if (this_machine().cores < 2 || !have_elements({"mpqmbt2018enc", "mpqmbt2018dec"})) return;
  const std::string settings = " threads=1 model-file=" + files.weights() + " overlap=";
  for (const std::string element : {"mpqmbt2018enc", "mpqmbt2018dec"}) {
    const std::string name = text("mbt2018/overlap/", element);
    if (!bench.wants(name)) continue;
    StreamPtr input = photographs(Size::vga_class, "RGB");
    if (element == "mpqmbt2018dec") input = through("mpqmbt2018enc model-file=" + files.weights(), input);
    Comparison c{.name = name, .unit = "picture", .legs = {}, .pieces = 24, .measure = Measure::wall};
    c.legs = {element_leg("two frames at once", element + settings + "on", input),
              element_leg("one after the other", element + settings + "off", input)};
    c.bars = {{"one after the other", 1.2}};
    bench.compare(c);
  }
}

void run(Bench& bench) {
  if (!bench.wants("mbt2018/")) return;
  const Files files;
  const auto [decoding, encoding] = least_speeds(this_machine());
  compare(bench, files, "decompress", decoding, decoder_leg);
  compare(bench, files, "compress", encoding, encoder_leg);
  compare(bench, files, "latents", 0, latents_leg);
  elements(bench, files);
  overlap(bench, files);
}

}  // namespace
}  // namespace mpq::bench

MPQ_BENCHMARK("mbt2018", mpq::bench::run)
