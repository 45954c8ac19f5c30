// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// GObject properties described by a table: one row names a member of the element's settings struct, its range
// and its documentation; the default is the member's initializer.
#pragma once

#include <glib-object.h>
#include <gst/gst.h>

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

namespace mpq::gst {

/// When a property may be set so that it takes effect.
enum class Mutable {
  ready,    ///< up to the READY state
  playing,  ///< at any time; takes effect with the next buffer
};

/// One row of a property table. `storage` points to the element's settings struct; the caller holds its lock.
struct Property {
  std::string name;
  std::function<GParamSpec*()> make_spec;
  std::function<void(void* storage, const GValue*)> set;
  std::function<void(const void* storage, GValue*)> get;
};

/// A positive rate, as GStreamer writes it: "25/1".
struct Fraction {
  int numerator = 1, denominator = 1;
};

/// One value of an enumeration property.
template <class Enum>
struct EnumValue {
  Enum value;
  const char* nick;         ///< what a user types, lower case
  const char* description;  ///< what it does
};

namespace detail {
GParamFlags flags(Mutable when);
/// Registers (once) the GEnum type `type_name`; nicks and descriptions must be literals.
GType enum_type(const char* type_name, const std::vector<EnumValue<int>>& values);
/// A GstValueArray of doubles.
GParamSpec* numbers_spec(const char* name, const char* blurb, double min, double max, Mutable when);
std::vector<double> get_numbers(const GValue* value);
void set_numbers(GValue* value, const std::vector<double>& numbers);

/// A member of a base class as one of the class itself, for the property table.
template <class Settings, class Base, class Member>
Member Settings::*inherited(Member Base::*member) {
  return static_cast<Member Settings::*>(member);
}
}  // namespace detail

template <class Settings>
Property integer(const char* name, int Settings::*member, int min, int max, const char* blurb,
                 Mutable when = Mutable::ready) {
  return {
      name,
      [=] { return g_param_spec_int(name, name, blurb, min, max, Settings{}.*member, detail::flags(when)); },
      [=](void* s, const GValue* v) { static_cast<Settings*>(s)->*member = g_value_get_int(v); },
      [=](const void* s, GValue* v) { g_value_set_int(v, static_cast<const Settings*>(s)->*member); }};
}

template <class Settings>
Property unsigned64(const char* name, std::uint64_t Settings::*member, std::uint64_t min, std::uint64_t max,
                    const char* blurb, Mutable when = Mutable::ready) {
  return {name,
          [=] {
            return g_param_spec_uint64(name, name, blurb, min, max, Settings{}.*member, detail::flags(when));
          },
          [=](void* s, const GValue* v) { static_cast<Settings*>(s)->*member = g_value_get_uint64(v); },
          [=](const void* s, GValue* v) { g_value_set_uint64(v, static_cast<const Settings*>(s)->*member); }};
}

template <class Settings>
Property real(const char* name, float Settings::*member, float min, float max, const char* blurb,
              Mutable when = Mutable::ready) {
  return {name,
          [=] {
            return g_param_spec_float(name, name, blurb, min, max, Settings{}.*member, detail::flags(when));
          },
          [=](void* s, const GValue* v) { static_cast<Settings*>(s)->*member = g_value_get_float(v); },
          [=](const void* s, GValue* v) { g_value_set_float(v, static_cast<const Settings*>(s)->*member); }};
}

template <class Settings>
Property boolean(const char* name, bool Settings::*member, const char* blurb, Mutable when = Mutable::ready) {
  return {
      name, [=] { return g_param_spec_boolean(name, name, blurb, Settings{}.*member, detail::flags(when)); },
      [=](void* s, const GValue* v) { static_cast<Settings*>(s)->*member = g_value_get_boolean(v) != FALSE; },
      [=](const void* s, GValue* v) { g_value_set_boolean(v, static_cast<const Settings*>(s)->*member); }};
}

template <class Settings>
Property string(const char* name, std::string Settings::*member, const char* blurb,
                Mutable when = Mutable::ready) {
  return {name,
          [=] {
            return g_param_spec_string(name, name, blurb, (Settings{}.*member).c_str(), detail::flags(when));
          },
          [=](void* s, const GValue* v) {
            const char* text = g_value_get_string(v);
            static_cast<Settings*>(s)->*member = text != nullptr ? text : "";
          },
          [=](const void* s, GValue* v) {
            g_value_set_string(v, (static_cast<const Settings*>(s)->*member).c_str());
          }};
}

/// Above 0; typed as "30000/1001".
template <class Settings>
Property fraction(const char* name, Fraction Settings::*member, const char* blurb,
                  Mutable when = Mutable::ready) {
  return {name,
          [=] {
            const Fraction initial = Settings{}.*member;
            return gst_param_spec_fraction(name, name, blurb, 1, G_MAXINT, G_MAXINT, 1, initial.numerator,
                                           initial.denominator, detail::flags(when));
          },
          [=](void* s, const GValue* v) {
            static_cast<Settings*>(s)->*member = {gst_value_get_fraction_numerator(v),
                                                  gst_value_get_fraction_denominator(v)};
          },
          [=](const void* s, GValue* v) {
            const Fraction value = static_cast<const Settings*>(s)->*member;
            gst_value_set_fraction(v, value.numerator, value.denominator);
          }};
}

/// A list, typed as "<0.5, 0.5, 0.5>"; empty by default.
template <class Settings>
Property numbers(const char* name, std::vector<double> Settings::*member, double min, double max,
                 const char* blurb, Mutable when = Mutable::ready) {
  return {
      name, [=] { return detail::numbers_spec(name, blurb, min, max, when); },
      [=](void* s, const GValue* v) { static_cast<Settings*>(s)->*member = detail::get_numbers(v); },
      [=](const void* s, GValue* v) { detail::set_numbers(v, static_cast<const Settings*>(s)->*member); }};
}

/// `type_name` is the GEnum's name, unique in the process ("MpqJpegSubsampling").
template <class Settings, class Enum>
Property enumeration(const char* name, Enum Settings::*member, const char* type_name,
                     const std::vector<EnumValue<Enum>>& values, const char* blurb,
                     Mutable when = Mutable::ready) {
  std::vector<EnumValue<int>> plain;
  plain.reserve(values.size());
  for (const auto& v : values) plain.push_back({static_cast<int>(v.value), v.nick, v.description});
  return {name,
          [=] {
            return g_param_spec_enum(name, name, blurb, detail::enum_type(type_name, plain),
                                     static_cast<int>(Settings{}.*member), detail::flags(when));
          },
          [=](void* s, const GValue* v) {
            static_cast<Settings*>(s)->*member = static_cast<Enum>(g_value_get_enum(v));
          },
          [=](const void* s, GValue* v) {
            g_value_set_enum(v, static_cast<int>(static_cast<const Settings*>(s)->*member));
          }};
}

}  // namespace mpq::gst
