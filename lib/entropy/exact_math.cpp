// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "entropy/exact_math.h"

#include <cmath>
#include <limits>

namespace mpq::entropy {

// exp(x) = 2^k exp(r) with |r| <= log(2) / 2, and a Taylor series for exp(r).
double exact_exp(double x) {
  if (x != x) return x;
  if (x < -708) return 0;
  if (x > 709) return std::numeric_limits<double>::infinity();
  constexpr double high = 0x1.62e42fee00000p-1, low = 0x1.a39ef35793c76p-33;  // of log(2): k * high is exact
  const double k = std::floor(x * 0x1.71547652b82fep+0 + 0.5);
  const double r = (x - k * high) - k * low;
  double sum = 1;
  for (int i = 16; i > 0; --i) sum = 1 + sum * r / i;
  return std::ldexp(sum, static_cast<int>(k));
}

double exact_tanh(double x) {
  const double e = exact_exp(-2 * std::abs(x)), magnitude = (1 - e) / (1 + e);
  return x < 0 ? -magnitude : magnitude;
}

double exact_sigmoid(double x) {
  const double e = exact_exp(-std::abs(x));
  return x < 0 ? e / (1 + e) : 1 / (1 + e);
}

// log(1 + e) = 2 atanh(e / (2 + e)), by its series.
double exact_softplus(double x) {
  const double e = exact_exp(-std::abs(x)), s = e / (2 + e), square = s * s;
  double sum = 0;
  for (int i = 37; i > 0; i -= 2) sum = sum * square + 1.0 / i;
  return (x > 0 ? x : 0) + 2 * s * sum;
}

// Abramowitz and Stegun, 26.2.11 (a series) and 26.2.14 (a continued fraction).
double exact_normal_tail(double x) {
  if (x < 0) return 1 - exact_normal_tail(-x);
  constexpr double density = 0.398942280401432677939946;  // 1 / sqrt(2 pi)
  const double z = density * exact_exp(-x * x / 2);
  if (x < 3) {
    double term = x, sum = x;
    for (int i = 3; i < 140; i += 2) sum += term *= x * x / i;
    return 0.5 - z * sum;
  }
  double fraction = x;
  for (int i = 120; i > 0; --i) fraction = x + i / fraction;
  return z / fraction;
}

}  // namespace mpq::entropy
