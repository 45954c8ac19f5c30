// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "gst/element.h"

#include <utility>

namespace mpq::gst {
namespace {

// The instance and class structs of a registered type begin with the parent's, whose size only its GType
// knows.
struct TypeData {
  KindInfo kind;
  const ElementInfo* info;
  gpointer parent_class;
  gint element_offset;  // of the Element* in the instance
};

GQuark type_data_quark() {
  return g_quark_from_static_string("mpq-type-data");
}

TypeData* type_data(GType type) {
  for (; type != 0; type = g_type_parent(type)) {
    if (auto* data = static_cast<TypeData*>(g_type_get_qdata(type, type_data_quark()))) return data;
  }
  return nullptr;
}

Element*& element_slot(gpointer gobject, const TypeData& data) {
  return *reinterpret_cast<Element**>(static_cast<char*>(gobject) + data.element_offset);
}

constexpr const char* location_blurb =
    "Write every result to this file: JSON lines, or CSV if the name ends in .csv (empty = no file)";

void set_property(GObject* object, guint id, const GValue* value, GParamSpec*) {
  TypeData* data = type_data(G_OBJECT_TYPE(object));
  Element* element = element_of(object);
  guarded(GST_ELEMENT(object), false, [&] {
    const auto& own = data->info->properties;
    if (id <= own.size()) {
      {
        const std::lock_guard lock(element->settings_mutex);
        own[id - 1].set(element->settings_storage(), value);
      }
      element->settings_changed();
    } else if (id == own.size() + 1) {
      const char* text = g_value_get_string(value);
      element->publisher().set_location(text != nullptr ? text : "");
    } else if (id == own.size() + 2) {
      element->publisher().set_post_messages(g_value_get_boolean(value) != FALSE);
    }
    return true;
  });
}

void get_property(GObject* object, guint id, GValue* value, GParamSpec*) {
  TypeData* data = type_data(G_OBJECT_TYPE(object));
  Element* element = element_of(object);
  guarded(GST_ELEMENT(object), false, [&] {
    const auto& own = data->info->properties;
    if (id <= own.size()) {
      const std::lock_guard lock(element->settings_mutex);
      own[id - 1].get(element->settings_storage(), value);
    } else if (id == own.size() + 1) {
      g_value_set_string(value, element->publisher().location().c_str());
    } else if (id == own.size() + 2) {
      g_value_set_boolean(value, element->publisher().post_messages());
    } else {
      const std::lock_guard lock(element->state_mutex);
      g_value_take_boxed(value, to_structure(element->pooled()).release());
    }
    return true;
  });
}

void finalize(GObject* object) {
  TypeData* data = type_data(G_OBJECT_TYPE(object));
  delete element_slot(object, *data);
  element_slot(object, *data) = nullptr;
  G_OBJECT_CLASS(data->parent_class)->finalize(object);
}

void install_properties(GObjectClass* klass, const ElementInfo& info) {
  guint id = 0;
  for (const auto& property : info.properties)
    g_object_class_install_property(klass, ++id, property.make_spec());
  const auto shared = static_cast<GParamFlags>(G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_property(
      klass, ++id,
      g_param_spec_string("location", "location", location_blurb, "",
                          static_cast<GParamFlags>(shared | GST_PARAM_MUTABLE_READY)));
  g_object_class_install_property(
      klass, ++id,
      g_param_spec_boolean("post-messages", "post-messages", "Post every result as an element message", TRUE,
                           static_cast<GParamFlags>(shared | GST_PARAM_MUTABLE_PLAYING)));
  g_object_class_install_property(
      klass, ++id,
      g_param_spec_boxed(
          "results", "results", "Pooled results so far (field \"results\": a list of mpq-result)",
          GST_TYPE_STRUCTURE, static_cast<GParamFlags>(G_PARAM_READABLE | G_PARAM_STATIC_STRINGS)));
}

void add_pad_template(GstElementClass* klass, const PadTemplate& pad) {
  const CapsPtr caps(gst_caps_from_string(pad.caps.c_str()));
  if (caps == nullptr) g_error("pad template \"%s\" has unreadable caps: %s", pad.name, pad.caps.c_str());
  const GType type = pad.type != nullptr ? pad.type() : GST_TYPE_PAD;
  gst_element_class_add_pad_template(
      klass, gst_pad_template_new_with_gtype(pad.name, pad.direction, pad.presence, caps.get(), type));
}

void class_init(gpointer klass, gpointer class_data) {
  auto* data = static_cast<TypeData*>(class_data);
  data->parent_class = g_type_class_peek_parent(klass);
  auto* object_class = static_cast<GObjectClass*>(klass);
  object_class->set_property = set_property;
  object_class->get_property = get_property;
  object_class->finalize = finalize;
  install_properties(object_class, *data->info);
  auto* element_class = static_cast<GstElementClass*>(klass);
  for (const auto& pad : data->info->pads) add_pad_template(element_class, pad);
  gst_element_class_set_static_metadata(element_class, data->info->long_name, data->info->klass,
                                        data->info->description, "The mpq developers");
  data->kind.install(klass);
}

void instance_init(GTypeInstance* instance, gpointer klass) {
  TypeData* data = type_data(G_TYPE_FROM_CLASS(klass));
  auto* gobject = reinterpret_cast<GstElement*>(instance);
  auto& slot = element_slot(instance, *data);
  slot = data->info->create().release();
  slot->attach(gobject);
  if (data->kind.constructed != nullptr)
    data->kind.constructed(gobject, static_cast<GstElementClass*>(klass));
  if (!data->kind.announces_eos) slot->publish_before(Element::Eos::each);
}

}  // namespace

GType register_type(const KindInfo& kind, const ElementInfo& info) {
  if (const GType known = g_type_from_name(info.type_name); known != 0) return known;
  GTypeQuery parent;
  g_type_query(kind.parent, &parent);
  // Types live as long as the process, and so does what they refer to.
  auto* data = new TypeData{kind, &info, nullptr, static_cast<gint>(parent.instance_size)};
  const GTypeInfo type_info{.class_size = static_cast<guint16>(parent.class_size),
                            .base_init = nullptr,
                            .base_finalize = nullptr,
                            .class_init = class_init,
                            .class_finalize = nullptr,
                            .class_data = data,
                            .instance_size = static_cast<guint16>(parent.instance_size + sizeof(void*)),
                            .n_preallocs = 0,
                            .instance_init = instance_init,
                            .value_table = nullptr};
  const GType type =
      g_type_register_static(kind.parent, info.type_name, &type_info, static_cast<GTypeFlags>(0));
  g_type_set_qdata(type, type_data_quark(), data);
  return type;
}

Element* element_of(gpointer gobject) {
  return element_slot(gobject, *type_data(G_OBJECT_TYPE(gobject)));
}

void Element::open_results() {
  {
    const std::lock_guard lock(state_mutex);
    reset_results();
  }
  publisher_.open();
}

void Element::publish_pooled() {
  std::vector<Result> results;
  {
    const std::lock_guard lock(state_mutex);
    results = pooled();
  }
  for (const auto& result : results) publisher_.publish(gobject_, result);
}

// At the end of the stream the pooled results leave before the EOS event does, so that an application which
// stops at the EOS message has seen them.
GstPadProbeReturn Element::at_eos(GstPad*, GstPadProbeInfo* info, gpointer element) {
  auto& self = *static_cast<Element*>(element);
  if (GST_EVENT_TYPE(GST_PAD_PROBE_INFO_EVENT(info)) != GST_EVENT_EOS) return GST_PAD_PROBE_OK;
  guarded(self.gobject(), false, [&] {
    self.publish_pooled();
    return true;
  });
  return std::exchange(self.awaits_next_eos_, false) ? GST_PAD_PROBE_REMOVE : GST_PAD_PROBE_OK;
}

void Element::publish_before(Eos eos) {
  if (awaits_next_eos_) return;  // the last one was lost in a flush
  const ObjectPtr<GstPad> src(gst_element_get_static_pad(gobject_, "src"));
  if (src == nullptr) return;
  awaits_next_eos_ = eos == Eos::next;
  gst_pad_add_probe(src.get(), GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, at_eos, this, nullptr);
}

Result Element::new_result(const char* metric, Scope scope, const char* unit) const {
  Result result;
  result.element = CharPtr(gst_object_get_name(GST_OBJECT(gobject_))).get();
  result.metric = metric;
  result.scope = scope;
  result.unit = unit;
  return result;
}

}  // namespace mpq::gst
