// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "benchmarks/network.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "benchmarks/process.h"
#include "nn/runtime.h"

namespace mpq::bench {
namespace {

at::ScalarType fastest_type() {
  return nn::prefers_bfloat16() ? at::kBFloat16 : at::kFloat;
}

/// `work(rows)`, for `total` rows in pieces of at most `piece`.
template <class Work>
void in_pieces(std::int64_t total, std::int64_t piece, int threads, const Work& work) {
  const c10::InferenceMode guard;
  if (at::get_num_threads() != threads) at::set_num_threads(threads);
  for (std::int64_t left = total; left > 0; left -= piece) work(std::min(left, piece));
}

}  // namespace

Leg alone(Leg leg) {
  return {leg.name, [run = std::move(leg.run)](std::size_t count, Bytes* output) {
            std::this_thread::sleep_for(std::chrono::milliseconds(600));
            return nn::apart([&] { return run(count, output); });
          }};
}

Leg products_leg(double multiplications, int threads) {
  return alone(loop_leg("products alone", [=] {
    constexpr std::int64_t side = 1024;
    const auto rows = static_cast<std::int64_t>(multiplications / (double{side} * side));
    const at::Tensor a = at::ones({side, side}).to(fastest_type());
    const at::Tensor b = at::ones({side, side}).to(fastest_type());
    return [=](std::size_t, Bytes*) {
      in_pieces(rows, side, threads, [&](std::int64_t count) { at::matmul(a.narrow(0, 0, count), b); });
    };
  }));
}

Leg convolutions_leg(double multiplications, int threads) {
  return alone(loop_leg("convolutions alone", [=] {
    constexpr std::int64_t channels = 128, side = 128;
    const auto rows = static_cast<std::int64_t>(multiplications / (9.0 * channels * channels * side));
    const auto layout = at::MemoryFormat::ChannelsLast;
    const at::Tensor x = at::ones({1, channels, side, side}).to(fastest_type()).contiguous(layout);
    const at::Tensor weight = at::ones({channels, channels, 3, 3}).to(fastest_type()).contiguous(layout);
    return [=](std::size_t, Bytes*) {
      in_pieces(rows, side, threads,
                [&](std::int64_t count) { at::conv2d(x.narrow(2, 0, count), weight, {}, 1, 1); });
    };
  }));
}

bool have_pytorch() {
  return have_program("/usr/bin/python3 && /usr/bin/python3 -c 'import torch'");
}

}  // namespace mpq::bench
