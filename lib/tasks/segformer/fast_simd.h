// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// AVX-512 BF16 as the kernels of fast_kernels.h use it. Included by their sources alone.
#pragma once

#include "nn/avx512.h"
#include "tasks/segformer/fast_kernels.h"

namespace mpq::segformer::fast {

using namespace nn::avx512;

#ifdef MPQ_AVX512

MPQ_INLINE void store(float* y, __m512 x) {
  _mm512_storeu_ps(y, x);
}
MPQ_INLINE void store(Value* y, __m512 x) {
  store16(y, x);
}

#endif

}  // namespace mpq::segformer::fast
