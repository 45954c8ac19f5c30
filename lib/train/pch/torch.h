// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Precompiled: LibTorch's headers take six seconds, those of autograd more.
#include "train/autograd.h"
