// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Runs LibTorch code: on which device, in which type, with how many threads, and with its errors as ours.
#pragma once

#include <atomic>
#include <future>
#include <string>

#include "nn/options.h"
#include "nn/torch.h"

namespace mpq::nn {

/// Options as this machine answers them.
struct Placement {
  at::Device device = at::kCPU;
  at::ScalarType type = at::kFloat;  ///< of the matrix products
  int threads = 1;

  /// "float32" or "bfloat16".
  const char* precision() const noexcept { return type == at::kFloat ? "float32" : "bfloat16"; }
};

/// Throws Error(invalid_argument) for a device name that nobody knows, Error(unsupported) for a device that
/// is not here.
at::Device find_device(const std::string& name);

/// Throws what find_device() throws.
Placement place(const Options& options);

/// Whether matrix products in bfloat16 are faster than in float32 here: measured once, in some milliseconds.
bool prefers_bfloat16();

/// Gives LibTorch's and OpenMP's regions that this thread enters as many threads as the placement has.
inline void use_threads(const Placement& placement) {
  if (at::get_num_threads() != placement.threads) at::set_num_threads(placement.threads);
}

[[noreturn]] void rethrow(const c10::Error& error, const char* what);

/// Calls `function` on a thread of its own and waits for it; its exceptions come here. For what runs LibTorch
/// once, like loading: the OpenMP threads that it starts end with it. Idle beside those of the streaming
/// thread, they would be more than there are processors, and GNU's OpenMP then puts all of them to sleep
/// after every operator, which halves a small network's speed.
template <class Function>
auto apart(const Function& function) {
  return std::async(std::launch::async, function).get();
}

/// Calls function(i) for all i below `count`, each on the thread that is free next: where other programs take
/// a processor from one thread, the others do not wait for its half.
template <class Function>
void share(std::int64_t count, const Function& function) {
  std::atomic<std::int64_t> next = 0;
  at::parallel_for(0, at::get_num_threads(), 1, [&](std::int64_t, std::int64_t) {
    for (std::int64_t i = next++; i < count; i = next++) function(i);
  });
}

/// Calls `function` without gradients and with the placement's threads. LibTorch's errors become
/// Error(limit_exceeded) where memory ran out and Error(internal) otherwise; `what` says what was being done.
template <class Function>
auto run(const Placement& placement, const char* what, const Function& function) {
  const c10::InferenceMode guard;
  use_threads(placement);
  try {
    return function();
  } catch (const c10::Error& error) {
    rethrow(error, what);
  }
}

}  // namespace mpq::nn
