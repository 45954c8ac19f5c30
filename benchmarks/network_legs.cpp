// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "benchmarks/network_legs.h"

#include <chrono>
#include <thread>

#include "nn/runtime.h"

namespace mpq::bench {

Leg alone(Leg leg) {
  return {leg.name, [run = std::move(leg.run)](std::size_t count, Bytes* output) {
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
            return nn::apart([&] { return run(count, output); });
          }};
}

Leg convolutions_leg(double multiplications, int threads) {
  return alone(loop_leg("convolutions alone", [=] {
    const auto type = nn::prefers_bfloat16() ? at::kBFloat16 : at::kFloat;
    constexpr std::int64_t channels = 128, side = 128;
    const auto rows = static_cast<std::int64_t>(multiplications / (9.0 * channels * channels * side));
    const auto layout = at::MemoryFormat::ChannelsLast;
    const at::Tensor x = at::ones({1, channels, side, side}).to(type).contiguous(layout);
    const at::Tensor weight = at::ones({channels, channels, 3, 3}).to(type).contiguous(layout);
    return [=](std::size_t, Bytes*) {
      const c10::InferenceMode guard;
      if (at::get_num_threads() != threads) at::set_num_threads(threads);
      for (std::int64_t left = rows; left > 0; left -= side)
        at::conv2d(x.narrow(2, 0, std::min(left, side)), weight, {}, 1, 1);
    };
  }));
}

}  // namespace mpq::bench
