// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Precompiled: LibTorch's headers take six seconds.
#include "nn/torch.h"
