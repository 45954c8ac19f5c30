// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Functions that give the same double on every machine. The C library's may differ in the last digit from one
// release to the next; these use additions, multiplications, divisions and powers of two alone, each of
// which IEEE 754 defines to the bit (this folder is compiled without contraction to fused operations).
// Relative errors are about 1e-14.
#pragma once

namespace mpq::entropy {

double exact_exp(double x);  ///< 0 below -708, infinite above 709
double exact_tanh(double x);
double exact_sigmoid(double x);   ///< 1 / (1 + exp(-x))
double exact_softplus(double x);  ///< log(1 + exp(x))

/// The normal distribution's probability of values above x: erfc(x / sqrt(2)) / 2.
double exact_normal_tail(double x);

}  // namespace mpq::entropy
