// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Peaks of what networks consist of.
#include "benchmarks/peak.h"
#include "nn/runtime.h"

namespace mpq::bench {
namespace {

constexpr std::int64_t side = 1024;                    // of the matrices
constexpr std::int64_t channels = 128, picture = 128;  // of the convolution

Peak product(at::ScalarType type, const char* name, int threads) {
  const at::Tensor a = at::ones({side, side}).to(type), b = at::ones({side, side}).to(type);
  const double operations = 2.0 * side * side * side;
  const double seconds = fastest([&] { at::matmul(a, b); });
  return {std::string("matrix product, ") + name, threads, operations / seconds * 1e-9, "GFLOP/s"};
}

Peak convolution(at::ScalarType type, const char* name, int threads) {
  const auto layout = at::MemoryFormat::ChannelsLast;
  const at::Tensor input = at::ones({1, channels, picture, picture}).to(type).contiguous(layout);
  const at::Tensor weight = at::ones({channels, channels, 3, 3}).to(type).contiguous(layout);
  const double operations = 2.0 * 9 * channels * channels * picture * picture;
  const double seconds = fastest([&] { at::conv2d(input, weight, {}, 1, 1); });
  return {std::string("3x3 convolution, ") + name, threads, operations / seconds * 1e-9, "GFLOP/s"};
}

std::vector<Peak> measure(int cores) {
  const c10::InferenceMode guard;
  std::vector<Peak> peaks;
  for (const int threads : {1, cores}) {
    if (threads == 1 && !peaks.empty()) break;
    at::set_num_threads(threads);
    peaks.push_back(product(at::kFloat, "float32", threads));
    peaks.push_back(product(at::kBFloat16, "bfloat16", threads));
    peaks.push_back(convolution(at::kFloat, "float32", threads));
    peaks.push_back(convolution(at::kBFloat16, "bfloat16", threads));
  }
  return peaks;
}

std::vector<Peak> network_peaks(int cores) {
  return nn::apart([=] { return measure(cores); });
}

const bool registered = (peak_functions().push_back(network_peaks), true);

}  // namespace
}  // namespace mpq::bench
