// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "benchmarks/network.h"

#include <chrono>
#include <thread>

#include "nn/runtime.h"

namespace mpq::bench {

Leg alone(Leg leg) {
  return {leg.name, [run = std::move(leg.run)](std::size_t count, Bytes* output) {
            std::this_thread::sleep_for(std::chrono::milliseconds(600));
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

void write_random_weights(const std::vector<NamedShape>& tensors, const std::filesystem::path& file) {
  std::uint32_t state = 1;
  std::vector<float> values;
  std::vector<checkpoint::TensorSource> sources;
  for (const auto& [name, shape] : tensors) {
    const checkpoint::Tensor tensor{name, checkpoint::Dtype::float32, shape};
    const auto inputs = static_cast<float>(tensor.elements() / shape.front());
    const float scale = shape.size() == 1 ? 0.02F : 2 / std::sqrt(inputs);
    const bool norm = name.find("norm") != std::string::npos;
    const float offset = norm && (name.ends_with("weight") || name.ends_with("var")) ? 1 : 0;
    sources.push_back({tensor, [&, count = static_cast<std::size_t>(tensor.elements()), scale, offset] {
                         values.resize(count);
                         for (float& value : values) {
                           state = state * 1664525 + 1013904223;
                           value = offset + scale * (static_cast<float>(state >> 8) / 16777216.0F - 0.5F);
                         }
                         return checkpoint::view(values);
                       }});
  }
  checkpoint::write_safetensors(file, sources);
}

bool have_pytorch() {
  return have_program("/usr/bin/python3 && /usr/bin/python3 -c 'import torch'");
}

double relative_error(const std::vector<float>& a, const std::vector<float>& b) {
  double error = 0, norm = 0;
  for (std::size_t i = 0; i < b.size() && i < a.size(); ++i) {
    error += std::pow(double{a[i]} - b[i], 2);
    norm += std::pow(double{b[i]}, 2);
  }
  return std::sqrt(error / norm);
}

}  // namespace mpq::bench
