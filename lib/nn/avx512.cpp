// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "nn/avx512.h"

#ifdef MPQ_AVX512
#  include <cpuid.h>
#endif

namespace mpq::nn::avx512 {

#ifdef MPQ_AVX512

bool available() {
  static const bool answer = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                             __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
                             __builtin_cpu_supports("avx512bf16");
  return answer;
}

bool multiplies_matrices() {
  static const bool answer = [] {
    unsigned a = 0, b = 0, c = 0, d = 0;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (d >> 22 & 1) != 0;  // AMX-BF16
  }();
  return answer;
}

#else

bool available() {
  return false;
}
bool multiplies_matrices() {
  return false;
}

#endif

}  // namespace mpq::nn::avx512
