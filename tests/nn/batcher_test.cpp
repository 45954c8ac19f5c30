// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "nn/batcher.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <stdexcept>
#include <thread>

namespace {

using Doubler = mpq::nn::Batcher<int, int>;

std::vector<int> doubled(std::span<const int* const> inputs) {
  std::vector<int> outputs;
  for (const int* input : inputs) outputs.push_back(2 * *input);
  return outputs;
}

TEST(Batcher, ComputesALoneRequestAtOnce) {
  Doubler batcher(doubled);
  EXPECT_EQ(batcher.run(21, 8), 42);
}

// While the first batch is held back, five requests come; they go in batches of at most three.
TEST(Batcher, GathersWhatComesWhileItIsBusy) {
  std::latch begun(1), go_on(1);
  std::vector<std::size_t> sizes;
  Doubler batcher([&](std::span<const int* const> inputs) {
    sizes.push_back(inputs.size());
    if (sizes.size() == 1) {
      begun.count_down();
      go_on.wait();
    }
    return doubled(inputs);
  });
  std::vector<int> outputs(6);
  std::vector<std::jthread> threads;
  const auto ask = [&](std::size_t i) { outputs[i] = batcher.run(static_cast<int>(i), 3); };
  threads.emplace_back(ask, 0);
  begun.wait();
  for (std::size_t i = 1; i < 6; ++i) threads.emplace_back(ask, i);
  while (batcher.waiting() < 5) std::this_thread::yield();
  go_on.count_down();
  threads.clear();
  EXPECT_EQ(outputs, (std::vector<int>{0, 2, 4, 6, 8, 10}));
  EXPECT_EQ(sizes, (std::vector<std::size_t>{1, 3, 2}));
}

TEST(Batcher, TellsEveryRequestOfABatchThatItFailed) {
  Doubler batcher([](std::span<const int* const>) -> std::vector<int> { throw std::runtime_error("no"); });
  EXPECT_THROW(batcher.run(1, 4), std::runtime_error);
  EXPECT_THROW(batcher.run(1, 4), std::runtime_error);
}

TEST(Batcher, ServesManyThreads) {
  Doubler batcher(doubled);
  std::atomic<int> wrong{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t)
      threads.emplace_back([&, t] {
        for (int i = 0; i < 1000; ++i) wrong += batcher.run(i + t, 4) != 2 * (i + t) ? 1 : 0;
      });
  }
  EXPECT_EQ(wrong, 0);
}

}  // namespace
