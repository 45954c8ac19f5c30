// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Output buffers that are small and many, used again when downstream has freed them. To make, map and free
// one takes more than three times as long, to get, map and return one of a GstBufferPool more than twice.
#pragma once

#include <cstdint>
#include <memory>

#include "gst/pointer.h"

namespace mpq::gst {

/// Called by one thread at a time; its buffers are freed by any thread, also after it. What downstream keeps,
/// shares, or adds metas to is not used again.
class BufferRecycler {
 public:
  static constexpr gsize alignment = 64;
  static constexpr gsize largest = 64 * 1024;

  BufferRecycler();
  ~BufferRecycler();
  BufferRecycler(const BufferRecycler&) = delete;
  BufferRecycler& operator=(const BufferRecycler&) = delete;

  /// A buffer of up to `largest` bytes of system memory, without times or flags, to be written at `*data`
  /// before others get it.
  BufferPtr take(gsize size, std::uint8_t** data);

  /// Frees what it keeps, and what comes back of those that are out.
  void clear();

 private:
  struct Entry;
  struct Store;
  std::shared_ptr<Store> store_;
};

}  // namespace mpq::gst
