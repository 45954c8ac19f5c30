// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Owning handles for GStreamer's reference-counted and boxed types.
#pragma once

#include <gst/gst.h>

#include <memory>
#include <string>

namespace mpq::gst {

/// One deleter for all: several of these functions are inline in GStreamer's headers and so no template
/// arguments.
struct Release {
  void operator()(GstCaps* caps) const { gst_caps_unref(caps); }
  void operator()(GstBuffer* buffer) const { gst_buffer_unref(buffer); }
  void operator()(GstMemory* memory) const { gst_memory_unref(memory); }
  void operator()(GstQuery* query) const { gst_query_unref(query); }
  void operator()(GstStructure* structure) const { gst_structure_free(structure); }
  void operator()(char* text) const { g_free(text); }
  void operator()(gpointer object) const { gst_object_unref(object); }
};

using CapsPtr = std::unique_ptr<GstCaps, Release>;
using BufferPtr = std::unique_ptr<GstBuffer, Release>;
using MemoryPtr = std::unique_ptr<GstMemory, Release>;
using QueryPtr = std::unique_ptr<GstQuery, Release>;
using StructurePtr = std::unique_ptr<GstStructure, Release>;
using CharPtr = std::unique_ptr<char, Release>;

/// For GstObject and what derives from it.
template <class Object>
using ObjectPtr = std::unique_ptr<Object, Release>;

/// A buffer's memory mapped for reading, of which it keeps a reference; unmapped at the end of its scope.
/// Throws Error(internal) if it cannot be mapped.
class ReadMap {
 public:
  explicit ReadMap(GstBuffer* buffer);
  ~ReadMap() {
    if (memory_ != nullptr) gst_memory_unmap(memory_.get(), &info_);
  }
  ReadMap(const ReadMap&) = delete;
  ReadMap& operator=(const ReadMap&) = delete;

  const guint8* data() const { return info_.data; }
  gsize size() const { return info_.size; }

 private:
  MemoryPtr memory_;  // none: the buffer is empty
  GstMapInfo info_{};
};

/// A new buffer that holds a copy of `size` bytes.
inline BufferPtr copy_to_buffer(const void* data, gsize size) {
  return BufferPtr(gst_buffer_new_memdup(data, size));
}

/// The caps as text, for messages.
inline std::string to_string(const GstCaps* caps) {
  if (caps == nullptr) return "nothing";
  return CharPtr(gst_caps_to_string(caps)).get();
}

}  // namespace mpq::gst
