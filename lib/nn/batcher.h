// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Brings requests of several threads together, so that a network computes them in one go. Nothing waits for
// a batch to fill: while one is computed, requests gather for the next.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <span>
#include <vector>

namespace mpq::nn {

/// Thread-safe.
template <class Input, class Output>
class Batcher {
 public:
  /// Computes one output for each input, in their order; called by one of the waiting threads at a time.
  using Compute = std::function<std::vector<Output>(std::span<const Input* const> inputs)>;

  explicit Batcher(Compute compute) : compute_(std::move(compute)) {}

  /// The output for `input`, computed together with at most `most` - 1 others. Throws what the computation of
  /// its batch throws.
  Output run(const Input& input, std::size_t most) {
    Request own{&input};
    std::unique_lock lock(mutex_);
    waiting_.push_back(&own);
    while (!own.done) {
      if (busy_)
        changed_.wait(lock);
      else
        compute_next(lock, std::max<std::size_t>(most, 1));
    }
    if (own.failure) std::rethrow_exception(own.failure);
    return std::move(own.output);
  }

  /// Requests that no computation has taken yet.
  std::size_t waiting() const {
    const std::lock_guard lock(mutex_);
    return waiting_.size();
  }

 private:
  struct Request {
    const Input* input;
    Output output{};
    std::exception_ptr failure = nullptr;
    bool done = false;
  };

  void compute_next(std::unique_lock<std::mutex>& lock, std::size_t most) {
    const auto count = static_cast<std::ptrdiff_t>(std::min(most, waiting_.size()));
    const std::vector<Request*> batch(waiting_.begin(), waiting_.begin() + count);
    waiting_.erase(waiting_.begin(), waiting_.begin() + count);
    busy_ = true;
    lock.unlock();
    compute(batch);
    lock.lock();
    busy_ = false;
    for (Request* request : batch) request->done = true;
    changed_.notify_all();
  }

  void compute(const std::vector<Request*>& batch) {
    try {
      std::vector<const Input*> inputs;
      for (const Request* request : batch) inputs.push_back(request->input);
      std::vector<Output> outputs = compute_(inputs);
      for (std::size_t i = 0; i < batch.size(); ++i) batch[i]->output = std::move(outputs.at(i));
    } catch (...) {
      for (Request* request : batch) request->failure = std::current_exception();
    }
  }

  Compute compute_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Request*> waiting_;
  bool busy_ = false;
};

}  // namespace mpq::nn
