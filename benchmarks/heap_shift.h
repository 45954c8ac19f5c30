// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Moves what is allocated next to other addresses. Whether a codec's buffers lie on the bounds of cache lines
// is luck that lasts as long as a process does, and is worth some percent; moved each round, it becomes
// spread.
#pragma once

#include <cstddef>
#include <memory>
#include <random>
#include <vector>

namespace mpq::bench {

/// Holds blocks of random sizes until its end. For the calling thread's share of the heap.
class HeapShift {
 public:
  HeapShift() {
    static thread_local std::minstd_rand random(std::random_device{}());
    for (int i = 0; i < 16; ++i) blocks_.push_back(std::make_unique<std::byte[]>(16 + 16 * (random() % 200)));
  }

 private:
  std::vector<std::unique_ptr<std::byte[]>> blocks_;
};

}  // namespace mpq::bench
