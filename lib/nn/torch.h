// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// The only place that includes LibTorch's headers, and where its versions' differences would be evened out.
// 1.13 (Debian 12) and 2.6 (Debian 13) need none so far.
#pragma once

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
