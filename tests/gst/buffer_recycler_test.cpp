// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "gst/buffer_recycler.h"

#include <gst/audio/audio.h>
#include <gtest/gtest.h>

#include <cstring>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>

namespace {

using mpq::gst::BufferPtr;
using mpq::gst::BufferRecycler;
using mpq::gst::ReadMap;

constexpr gsize size = 2304;

class BufferRecyclerTest : public testing::Test {
 protected:
  BufferPtr take(gsize bytes = size) { return recycler->take(bytes, &data); }

  /// Whether it is gone for good after this, not kept to be used again.
  bool is_freed(BufferPtr buffer) {
    freed = false;
    gst_mini_object_weak_ref(
        GST_MINI_OBJECT_CAST(buffer.get()),
        [](gpointer flag, GstMiniObject*) { *static_cast<bool*>(flag) = true; }, &freed);
    buffer = nullptr;
    return freed;
  }

  bool freed = false;  // written until the recycler's end
  std::optional<BufferRecycler> recycler{std::in_place};
  std::uint8_t* data = nullptr;
};

TEST_F(BufferRecyclerTest, HandsOutWritableBytes) {
  const BufferPtr buffer = take();
  std::memset(data, 7, size);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(data) % BufferRecycler::alignment, 0U);
  EXPECT_TRUE(gst_buffer_is_writable(buffer.get()));
  EXPECT_TRUE(gst_buffer_is_all_memory_writable(buffer.get()));
  const ReadMap map(buffer.get());
  ASSERT_EQ(map.size(), size);
  EXPECT_EQ(map.data(), data);
  EXPECT_EQ(map.data()[size - 1], 7);
}

TEST_F(BufferRecyclerTest, UsesAFreedOneAgainAsNew) {
  BufferPtr buffer = take();
  GstBuffer* const first = buffer.get();
  GST_BUFFER_PTS(first) = 5;
  GST_BUFFER_DTS(first) = 6;
  GST_BUFFER_DURATION(first) = 7;
  GST_BUFFER_OFFSET(first) = 8;
  GST_BUFFER_OFFSET_END(first) = 9;
  GST_BUFFER_FLAG_SET(first, GST_BUFFER_FLAG_GAP);
  gst_buffer_resize(first, 100, 30);
  buffer = nullptr;
  buffer = take(size - 4);
  EXPECT_EQ(buffer.get(), first);
  EXPECT_EQ(gst_buffer_get_size(first), size - 4);
  EXPECT_EQ(ReadMap(first).data(), data);
  EXPECT_FALSE(GST_BUFFER_PTS_IS_VALID(first));
  EXPECT_FALSE(GST_BUFFER_DTS_IS_VALID(first));
  EXPECT_FALSE(GST_BUFFER_DURATION_IS_VALID(first));
  EXPECT_FALSE(GST_BUFFER_OFFSET_IS_VALID(first));
  EXPECT_FALSE(GST_BUFFER_OFFSET_END_IS_VALID(first));
  EXPECT_FALSE(GST_BUFFER_FLAG_IS_SET(first, GST_BUFFER_FLAG_GAP));
}

TEST_F(BufferRecyclerTest, KeepsWhatNobodyElseHas) {
  EXPECT_FALSE(is_freed(take()));
}

TEST_F(BufferRecyclerTest, LeavesMemoryAloneThatOthersHave) {
  BufferPtr buffer = take();
  const BufferPtr copy(gst_buffer_copy(buffer.get()));
  EXPECT_EQ(ReadMap(copy.get()).data(), data);
  EXPECT_TRUE(is_freed(std::move(buffer)));
}

TEST_F(BufferRecyclerTest, LeavesMappedMemoryAlone) {
  BufferPtr buffer = take();
  const ReadMap map(buffer.get());
  EXPECT_TRUE(is_freed(std::move(buffer)));
}

TEST_F(BufferRecyclerTest, DropsABufferThatWasAddedTo) {
  BufferPtr buffer = take();
  gst_buffer_add_audio_clipping_meta(buffer.get(), GST_FORMAT_DEFAULT, 1, 1);
  EXPECT_TRUE(is_freed(std::move(buffer)));
}

TEST_F(BufferRecyclerTest, DropsABufferWhoseMemoryWasReplaced) {
  BufferPtr buffer = take();
  gst_buffer_remove_all_memory(buffer.get());  // so that the other may get its address
  gst_buffer_append_memory(buffer.get(), gst_allocator_alloc(nullptr, size, nullptr));
  EXPECT_TRUE(is_freed(std::move(buffer)));
}

TEST_F(BufferRecyclerTest, GrowsWithWhatIsAskedFor) {
  take();
  const BufferPtr large = take(10 * size);
  std::memset(data, 1, 10 * size);
  const BufferPtr small = take();
  EXPECT_EQ(gst_buffer_get_size(large.get()), 10 * size);
  EXPECT_EQ(gst_buffer_get_size(small.get()), size);
}

TEST_F(BufferRecyclerTest, ForgetsWhatIsOutWhenItIsCleared) {
  BufferPtr buffer = take();
  recycler->clear();
  EXPECT_TRUE(is_freed(std::move(buffer)));
}

TEST_F(BufferRecyclerTest, BuffersOutliveIt) {
  take();
  const BufferPtr kept = take(), buffer = take();
  recycler.reset();
  std::memset(data, 3, size);
  EXPECT_EQ(ReadMap(buffer.get()).size(), size);
}

TEST_F(BufferRecyclerTest, OtherThreadsMayFree) {
  std::mutex mutex;
  std::deque<BufferPtr> queue;
  bool done = false;
  std::thread downstream([&] {
    for (;;) {
      BufferPtr buffer;
      const std::lock_guard lock(mutex);
      if (queue.empty() && done) return;
      if (queue.empty()) continue;
      buffer = std::move(queue.front());
      queue.pop_front();
      const ReadMap map(buffer.get());
      EXPECT_EQ(map.data()[0], map.data()[size - 1]);
    }
  });
  for (int i = 0; i < 20'000; ++i) {
    BufferPtr buffer = take();
    std::memset(data, i % 251, size);
    const std::lock_guard lock(mutex);
    queue.push_back(std::move(buffer));
  }
  recycler.reset();
  {
    const std::lock_guard lock(mutex);
    done = true;
  }
  downstream.join();
}

}  // namespace
