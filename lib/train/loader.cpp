// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "train/loader.h"

#include <chrono>
#include <utility>

namespace mpq::train {

namespace {
constexpr std::size_t most_ready = 8;
}

Loader::Loader(Cropper cropper, int count, std::uint64_t seed, std::uint64_t first)
    : cropper_(std::move(cropper)), count_(count), seed_(seed), thread_([this, first] { work(first); }) {}

Loader::~Loader() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

Batch Loader::make(std::uint64_t step) const {
  const auto values = static_cast<std::size_t>(cropper_.side() * cropper_.side()) * 3;
  Batch batch{count_, cropper_.side(), std::vector<float>(values * static_cast<std::size_t>(count_))};
  Generator generator(seed_, Purpose::crops, step);
  for (std::size_t i = 0; i < static_cast<std::size_t>(count_); ++i)
    cropper_.crop(generator, std::span(batch.pixels).subspan(i * values, values));
  return batch;
}

void Loader::work(std::uint64_t step) {
  try {
    for (;; ++step) {
      Batch batch = make(step);
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return stop_ || ready_.size() < most_ready; });
      if (stop_) return;
      ready_.push_back(std::move(batch));
      changed_.notify_all();
    }
  } catch (...) {
    const std::lock_guard lock(mutex_);
    failure_ = std::current_exception();
    changed_.notify_all();
  }
}

Batch Loader::next() {
  const auto start = std::chrono::steady_clock::now();
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return failure_ != nullptr || !ready_.empty(); });
  if (ready_.empty()) std::rethrow_exception(failure_);
  Batch batch = std::move(ready_.front());
  ready_.pop_front();
  changed_.notify_all();
  waited_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return batch;
}

}  // namespace mpq::train
