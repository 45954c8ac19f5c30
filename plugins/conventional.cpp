// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The plugin of everything that needs no LibTorch: conventional codecs, rate and PSNR.
#include "config.h"
#include "conventional_elements.h"

GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, mpqconventional,
                  "Conventional codecs at very low rates, and what they cost: rate and PSNR",
                  register_elements, MPQ_VERSION, "LGPL", PACKAGE, "mpq")
