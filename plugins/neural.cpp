// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The plugin of everything that needs LibTorch.
#include "config.h"
#include "neural_elements.h"

GST_PLUGIN_DEFINE(GST_VERSION_MAJOR, GST_VERSION_MINOR, mpqneural,
                  "Codecs, perception models and quality metrics with neural networks", register_elements,
                  MPQ_VERSION, "LGPL", PACKAGE, "mpq")
