// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// What every element has in common: a C++ object that a GObject owns, described by one ElementInfo, with
// properties from a table and results published in one schema.
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "gst/guard.h"
#include "gst/property.h"
#include "gst/publisher.h"

namespace mpq::gst {

struct PadTemplate {
  const char* name;  ///< "sink", "src", "dist_%u"
  GstPadDirection direction;
  GstPadPresence presence;
  std::string caps;  ///< as gst_caps_from_string reads them
  /// The pad's GType, for aggregator pads; 0 means GstPad.
  GType (*type)() = nullptr;
};

inline PadTemplate sink_pad(std::string caps) {
  return {"sink", GST_PAD_SINK, GST_PAD_ALWAYS, std::move(caps)};
}
inline PadTemplate src_pad(std::string caps) {
  return {"src", GST_PAD_SRC, GST_PAD_ALWAYS, std::move(caps)};
}

/// The C++ side of an element. The GObject creates it in its instance init and destroys it in finalize.
class Element {
 public:
  virtual ~Element() = default;
  Element() = default;
  Element(const Element&) = delete;
  Element& operator=(const Element&) = delete;

  GstElement* gobject() const { return gobject_; }
  Publisher& publisher() { return publisher_; }

  /// Pooled results so far; called from any thread, with state_mutex held.
  virtual std::vector<Result> pooled() const { return {}; }

  /// Forgets everything measured. Called at start and at a flush, with state_mutex held.
  virtual void reset_results() {}

  /// Called after a property was set, on the setting thread, with no lock held.
  virtual void settings_changed() {}

  /// The settings struct that the property table's members belong to, or null. Guarded by settings_mutex.
  virtual void* settings_storage() { return nullptr; }

  /// Opens the result file and clears the results; before the first buffer. Throws Error(io).
  void open_results();
  void close_results() { publisher_.close(); }

  /// Posts, writes and attaches nothing but the pooled results; at end of stream.
  void publish_pooled();

  enum class Eos { next, each };
  /// Has publish_pooled() called right before this EOS event leaves the src pad. `next`: on the streaming
  /// thread, when an EOS event has come to the sink pad.
  void publish_before(Eos eos);

  /// A result with this element's name filled in.
  Result new_result(const char* metric, Scope scope, const char* unit) const;

  /// Guards the settings struct; leaf lock, held for copies only.
  mutable std::mutex settings_mutex;
  /// Guards what pooled() reads; never held while pushing, posting or calling another element.
  mutable std::mutex state_mutex;

  /// Called by the type glue once, before any other member.
  void attach(GstElement* gobject) { gobject_ = gobject; }

 private:
  static GstPadProbeReturn at_eos(GstPad* pad, GstPadProbeInfo* info, gpointer element);

  GstElement* gobject_ = nullptr;
  Publisher publisher_;
  bool awaits_next_eos_ = false;
};

/// Adds a settings struct to a base: the streaming side reads copies.
template <class Base, class Settings>
class WithSettings : public Base {
 public:
  Settings settings() const {
    const std::lock_guard lock(this->settings_mutex);
    return settings_;
  }
  void* settings_storage() override { return &settings_; }

 private:
  Settings settings_;
};

/// Everything GStreamer needs to know of an element.
struct ElementInfo {
  const char* type_name;    ///< GType name, "MpqJpegEnc"
  const char* long_name;    ///< "MPQ JPEG encoder"
  const char* klass;        ///< "Codec/Encoder/Image"
  const char* description;  ///< one sentence
  std::vector<PadTemplate> pads;
  std::vector<Property> properties;
  std::function<std::unique_ptr<Element>()> create;  ///< must not throw: whatever can fail waits for start()
};

/// The parent GStreamer class of a kind of element, and what to override in it.
struct KindInfo {
  GType parent;
  void (*install)(gpointer parent_class);  ///< sets virtual methods; class init
  void (*constructed)(GstElement*,
                      GstElementClass*) = nullptr;  ///< after the C++ object exists; instance init
  /// Calls publish_before(Eos::next) itself. Otherwise a probe waits for each EOS event, and while a pad has
  /// one, every buffer takes longer to pass it.
  bool announces_eos = false;
};

/// Registers the GType of `info`, which must live as long as the process.
GType register_type(const KindInfo& kind, const ElementInfo& info);

/// The C++ object of an element that register_type made.
Element* element_of(gpointer gobject);

template <class T>
T& self_of(gpointer gobject) {
  return *static_cast<T*>(element_of(gobject));
}

/// The same for kinds whose GStreamer struct `Parent` is: the C++ object's address lies behind it. Without
/// the table of types and its lock, for what is called several times a packet.
template <class T, class Parent>
T& self_behind(Parent* gobject) {
  return *static_cast<T*>(*reinterpret_cast<Element**>(gobject + 1));
}

}  // namespace mpq::gst

/// Defines gst_element_register_NAME(), which plugins and static builds call. `info` is the ElementInfo.
/// decodebin uses elements with a rank by itself.
#define MPQ_DEFINE_RANKED_ELEMENT(name, rank, kind_class, info) \
  GST_ELEMENT_REGISTER_DEFINE(name, #name, rank, ::mpq::gst::register_type(kind_class::kind(), info))
#define MPQ_DEFINE_ELEMENT(name, kind_class, info) \
  MPQ_DEFINE_RANKED_ELEMENT(name, GST_RANK_NONE, kind_class, info)
