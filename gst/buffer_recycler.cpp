// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "gst/buffer_recycler.h"

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

#include "core/error.h"

namespace mpq::gst {
namespace {

constexpr std::size_t most_kept = 16;  // more are out where a queue follows; these come and go by malloc()

}  // namespace

/// What a buffer carries with it, as its qdata.
struct BufferRecycler::Entry {
  static GQuark quark() {
    static const GQuark quark = g_quark_from_static_string("mpq-buffer-recycler");
    return quark;
  }
  static Entry* of(GstBuffer* buffer) {
    return static_cast<Entry*>(gst_mini_object_get_qdata(GST_MINI_OBJECT_CAST(buffer), quark()));
  }
  static Entry* create(std::shared_ptr<Store> store, gsize capacity);
  static gboolean dispose(GstMiniObject* object);
  bool is_as_made() const;

  std::shared_ptr<Store> store;
  GstBuffer* buffer;  ///< this is its
  GstMemory* memory;  ///< the buffer's
  std::uint8_t* bytes;
  gsize capacity;
  GstMiniObjectDisposeFunction next;  ///< GStreamer's own
};

struct BufferRecycler::Store {
  std::mutex mutex;
  std::vector<BufferPtr> free;  ///< all of this capacity
  gsize capacity = 0;           ///< changed by the recycler's caller alone; 0: nothing is kept
};

BufferRecycler::Entry* BufferRecycler::Entry::create(std::shared_ptr<Store> store, gsize capacity) {
  static GstAllocator* const system_memory = gst_allocator_find(GST_ALLOCATOR_SYSMEM);
  GstAllocationParams parameters;
  gst_allocation_params_init(&parameters);
  parameters.align = alignment - 1;
  BufferPtr buffer(gst_buffer_new_allocate(system_memory, capacity, &parameters));
  GstMapInfo map;
  if (buffer == nullptr || !gst_buffer_map(buffer.get(), &map, GST_MAP_WRITE))
    throw Error(ErrorCode::internal, "No output buffer could be had");
  gst_buffer_unmap(buffer.get(), &map);  // it stays where it is
  GstMiniObject* object = GST_MINI_OBJECT_CAST(buffer.get());
  auto entry =
      std::make_unique<Entry>(Entry{std::move(store), buffer.get(), gst_buffer_peek_memory(buffer.get(), 0),
                                    map.data, capacity, object->dispose});
  gst_mini_object_set_qdata(object, quark(), entry.get(),
                            [](gpointer own) { delete static_cast<Entry*>(own); });
  object->dispose = dispose;
  buffer.release();
  return entry.release();
}

bool BufferRecycler::Entry::is_as_made() const {
  gpointer meta = nullptr;
  const bool has_other_memory = GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_TAG_MEMORY);
  return !has_other_memory && gst_buffer_n_memory(buffer) == 1 &&
         GST_MINI_OBJECT_REFCOUNT_VALUE(memory) == 1 && gst_buffer_iterate_meta(buffer, &meta) == nullptr;
}

/// Where the last reference is gone. FALSE: the buffer lives on.
gboolean BufferRecycler::Entry::dispose(GstMiniObject* object) {
  Entry& entry = *of(GST_BUFFER_CAST(object));
  if (entry.is_as_made()) {
    Store& store = *entry.store;  // lives as long as the buffer, which the lock keeps
    const std::lock_guard lock(store.mutex);
    if (entry.capacity == store.capacity && store.free.size() < most_kept) {
      store.free.emplace_back(gst_buffer_ref(entry.buffer));
      return FALSE;
    }
  }
  return entry.next == nullptr || entry.next(object);
}

BufferRecycler::BufferRecycler() : store_(std::make_shared<Store>()) {
  store_->free.reserve(most_kept);
}

BufferRecycler::~BufferRecycler() {
  clear();
}

void BufferRecycler::clear() {
  std::vector<BufferPtr> freed;  // without the lock, which they take
  freed.reserve(most_kept);
  const std::lock_guard lock(store_->mutex);
  freed.swap(store_->free);
  store_->capacity = 0;
}

BufferPtr BufferRecycler::take(gsize size, std::uint8_t** data) {
  BufferPtr buffer;
  if (size > store_->capacity) clear();
  {
    const std::lock_guard lock(store_->mutex);
    store_->capacity = std::max(store_->capacity, size);
    if (!store_->free.empty()) {
      buffer = std::move(store_->free.back());
      store_->free.pop_back();
    }
  }
  const Entry& entry =
      buffer != nullptr ? *Entry::of(buffer.get()) : *Entry::create(store_, store_->capacity);
  if (buffer == nullptr) buffer.reset(entry.buffer);
  GST_BUFFER_FLAGS(entry.buffer) = 0;
  GST_BUFFER_PTS(entry.buffer) = GST_CLOCK_TIME_NONE;
  GST_BUFFER_DTS(entry.buffer) = GST_CLOCK_TIME_NONE;
  GST_BUFFER_DURATION(entry.buffer) = GST_CLOCK_TIME_NONE;
  GST_BUFFER_OFFSET(entry.buffer) = GST_BUFFER_OFFSET_NONE;
  GST_BUFFER_OFFSET_END(entry.buffer) = GST_BUFFER_OFFSET_NONE;
  gst_memory_resize(entry.memory, -static_cast<gssize>(entry.memory->offset), size);
  *data = entry.bytes;
  return buffer;
}

}  // namespace mpq::gst
