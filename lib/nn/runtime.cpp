// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "nn/runtime.h"

#include <ATen/core/dispatch/Dispatcher.h>

#include <algorithm>
#include <chrono>

#include "core/error.h"
#include "core/processors.h"
#include "core/text.h"

namespace mpq::nn {
namespace {

double product_seconds(const at::Tensor& a, const at::Tensor& b) {
  const auto start = std::chrono::steady_clock::now();
  at::linear(a, b);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Whether this program has brought its own device to LibTorch, which calls all such ones by this name.
bool has_device_of_its_own() {
  const auto allocation = c10::Dispatcher::singleton().findSchema({"aten::empty", "memory_format"});
  return allocation && allocation->hasKernelForDispatchKey(c10::DispatchKey::PrivateUse1);
}

at::Device parse_device(const std::string& name) {
  try {
    const at::Device device(name);
    if (device.is_cpu() || device.is_cuda()) return device;
    if (device.type() == c10::DeviceType::PrivateUse1 && has_device_of_its_own()) return device;
  } catch (const c10::Error&) {
    // answered below
  }
  throw Error(ErrorCode::invalid_argument, text("\"", name, "\" is no device that mpq knows"),
              "Use cpu, cuda, or cuda:N");
}

}  // namespace

at::Device find_device(const std::string& name) {
  const at::Device device = parse_device(name);
  if (!device.is_cuda()) return device;
  const auto count = static_cast<int>(at::getNumGPUs());
  if (count == 0)
    throw Error(ErrorCode::unsupported, "this LibTorch finds no CUDA device", "Use the device cpu");
  if (device.index() >= count)
    throw Error(ErrorCode::unsupported, text("there is no ", name, " here"),
                text("Use cuda:0 to cuda:", count - 1));
  return device;
}

bool prefers_bfloat16() {
  static const bool answer = [] {
    const c10::InferenceMode guard;
    // One thread, as on a busy machine several wait for each other longer than products take; and in turns,
    // so that another program's load meets both. Matrices of a size that networks have.
    const int threads = at::get_num_threads();
    at::set_num_threads(1);
    const at::Tensor a = at::ones({192, 768}), b = at::ones({768, 768});
    const at::Tensor half_a = a.to(at::kBFloat16), half_b = b.to(at::kBFloat16);
    double wide = 1e9, narrow = 1e9;
    for (int i = 0; i < 8; ++i) {
      narrow = std::min(narrow, product_seconds(half_a, half_b));
      wide = std::min(wide, product_seconds(a, b));
    }
    at::set_num_threads(threads);
    // Native support makes it several times faster; without, it is several times slower.
    return narrow * 1.2 < wide;
  }();
  return answer;
}

Placement place(const Options& options) {
  if (options.threads < 0) throw Error(ErrorCode::invalid_argument, "a negative number of threads");
  Placement placement;
  placement.device = find_device(options.device);
  if (placement.device.is_cuda())  // convolutions would round float32 to ten bits otherwise
    at::globalContext().setAllowTF32CuDNN(false);
  placement.threads = options.threads > 0 ? options.threads : usable_processors();
  use_threads(placement);
  const bool wide =
      options.precision == Precision::float32 ||
      (options.precision == Precision::automatic && !placement.device.is_cuda() && !prefers_bfloat16());
  placement.type = wide ? at::kFloat : at::kBFloat16;
  return placement;
}

void rethrow(const c10::Error& error, const char* what) {
  const std::string cause = error.what_without_backtrace();
  if (cause.find("memory") != std::string::npos)
    throw Error(ErrorCode::limit_exceeded, text("there is not enough memory for ", what, ": ", cause),
                "Use a smaller model or smaller pictures, or close other programs");
  throw Error(ErrorCode::internal, text("LibTorch fails at ", what, ": ", cause));
}

}  // namespace mpq::nn
