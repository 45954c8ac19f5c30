// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Metas that are structures and describe what a frame shows or what was found in it: true of it in whatever
// size, format or coding it travels on.
#pragma once

#include <gst/gst.h>

namespace mpq::gst {

/// Registers the GstCustomMeta `name` (a literal); true, for a static variable's initializer. Every transform
/// copies it: scaling, conversion, encoding, decoding.
bool register_lasting_meta(const char* name);

}  // namespace mpq::gst
