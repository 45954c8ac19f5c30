// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Batches of crops, made ahead by a thread of its own so that a training does not wait for them. No LibTorch.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "train/crops.h"

namespace mpq::train {

/// [count][side][side][3], values of 0 to 1.
struct Batch {
  int count = 0, side = 0;
  std::vector<float> pixels;
};

/// The batch of a step depends on the seed and the step alone. next() is for one thread.
class Loader {
 public:
  /// `cropper`'s pictures must outlive the loader. The first batch is that of step `first`.
  Loader(Cropper cropper, int count, std::uint64_t seed, std::uint64_t first);
  ~Loader();
  Loader(const Loader&) = delete;
  Loader& operator=(const Loader&) = delete;

  /// Throws what making it threw.
  Batch next();
  /// How long next() had to wait for batches, altogether.
  double seconds_waited() const noexcept { return waited_; }

 private:
  void work(std::uint64_t step);
  Batch make(std::uint64_t step) const;

  Cropper cropper_;
  int count_;
  std::uint64_t seed_;
  double waited_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Batch> ready_;
  std::exception_ptr failure_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace mpq::train
