// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "metrics/psnr/psnr.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>

#include "core/error.h"
#include "core/text.h"
#include "metrics/psnr/kernels.h"

namespace mpq::psnr {
namespace {

constexpr std::int64_t max_samples = std::int64_t{1} << 31;  // 2^31 * 65535^2 < 2^63

const Kernels& kernels() {
  return available_kernels().back();
}

[[noreturn]] void invalid(const std::string& cause) {
  throw Error(ErrorCode::invalid_argument, cause);
}

void check_component(const Component& reference, const Component& distorted, int i) {
  if (reference.width != distorted.width || reference.height != distorted.height) {
    throw Error(
        ErrorCode::mismatch,
        text("component ", i, " is ", reference.width, "x", reference.height, " in the reference and ",
             distorted.width, "x", distorted.height, " in the distorted picture"),
        "Scale one of them to the other's size");
  }
  if (reference.data == nullptr || distorted.data == nullptr || reference.width < 1 || reference.height < 1 ||
      std::int64_t{reference.width} * reference.height > max_samples) {
    invalid(text("component ", i, " of ", reference.width, "x", reference.height,
                 " has no samples or more than 2^31"));
  }
}

void check(const Picture& reference, const Picture& distorted) {
  if (reference.component_count != distorted.component_count || reference.depth != distorted.depth) {
    throw Error(ErrorCode::mismatch,
                text("the reference has ", reference.component_count, " components of ", reference.depth,
                     " bits, the distorted picture ", distorted.component_count, " of ", distorted.depth),
                "Convert one of them to the other's format");
  }
  if (reference.component_count < 1 || reference.component_count > 3 || reference.depth < 8 ||
      reference.depth > 16) {
    invalid(text("pictures of ", reference.component_count, " components and ", reference.depth,
                 " bits are not supported"));
  }
  for (int i = 0; i < reference.component_count; ++i) {
    check_component(reference.components[i], distorted.components[i], i);
  }
}

const std::uint8_t* row_of(const Component& c, int y) {
  return static_cast<const std::uint8_t*>(c.data) + c.row_stride * y;
}

/// Three components that share pixels of three or four bytes.
struct Packing {
  std::ptrdiff_t pixel_size = 0;
  std::array<std::ptrdiff_t, 3> offset{};  ///< of each component from the first of them in memory
  const std::uint8_t* base = nullptr;

  bool operator==(const Packing& other) const {
    return pixel_size == other.pixel_size && offset == other.offset;
  }
};

std::optional<Packing> packing_of(const Picture& p) {
  if (p.component_count != 3 || p.depth != 8) return std::nullopt;
  const Component& first = p.components[0];
  if (first.pixel_stride != 3 && first.pixel_stride != 4) return std::nullopt;
  std::array<std::uintptr_t, 3> address{};
  for (std::size_t i = 0; i < 3; ++i) {
    const Component& c = p.components[i];
    address[i] = reinterpret_cast<std::uintptr_t>(c.data);
    if (c.pixel_stride != first.pixel_stride || c.row_stride != first.row_stride || c.width != first.width ||
        c.height != first.height) {
      return std::nullopt;
    }
  }
  const auto base = std::min_element(address.begin(), address.end());
  Packing packing{first.pixel_stride, {}, row_of(p.components[base - address.begin()], 0)};
  for (std::size_t i = 0; i < 3; ++i) {
    if (address[i] - *base >= static_cast<std::uintptr_t>(first.pixel_stride)) return std::nullopt;
    packing.offset[i] = static_cast<std::ptrdiff_t>(address[i] - *base);
  }
  return packing;
}

std::uint64_t square(int a, int b) {
  const std::int64_t d = a - b;
  return static_cast<std::uint64_t>(d * d);
}

// Bytes in a pixel before the first component and behind the last belong to nobody: a row's last pixel is
// read by its components alone.
std::array<std::uint64_t, 3> packed_sums(const Packing& a, const Packing& b, const Picture& reference,
                                         const Picture& distorted) {
  std::array<std::uint64_t, 3> result{};
  const auto whole_pixels = static_cast<std::size_t>(reference.components[0].width - 1);
  const auto kernel = a.pixel_size == 3 ? kernels().packed3 : kernels().packed4;
  for (int y = 0; y < reference.components[0].height; ++y) {
    const std::uint8_t* row_a = a.base + reference.components[0].row_stride * y;
    const std::uint8_t* row_b = b.base + distorted.components[0].row_stride * y;
    std::array<std::uint64_t, 4> sums{};
    kernel(row_a, row_b, whole_pixels, sums.data());
    const auto last = static_cast<std::ptrdiff_t>(whole_pixels) * a.pixel_size;
    for (std::size_t i = 0; i < 3; ++i) {
      const auto at = a.offset[i];
      result[i] += sums[static_cast<std::size_t>(at)] + square(row_a[last + at], row_b[last + at]);
    }
  }
  return result;
}

int sample_at(const std::uint8_t* at, int bytes) {
  if (bytes == 1) return *at;
  std::uint16_t sample = 0;
  std::memcpy(&sample, at, sizeof(sample));
  return sample;
}

std::uint64_t strided_sum(const Component& a, const Component& b, int bytes) {
  std::uint64_t sum = 0;
  for (int y = 0; y < a.height; ++y) {
    const std::uint8_t* row_a = row_of(a, y);
    const std::uint8_t* row_b = row_of(b, y);
    for (std::ptrdiff_t x = 0; x < a.width; ++x) {
      sum +=
          square(sample_at(row_a + x * a.pixel_stride, bytes), sample_at(row_b + x * b.pixel_stride, bytes));
    }
  }
  return sum;
}

std::uint64_t component_sum(const Component& a, const Component& b, int bytes) {
  if (a.pixel_stride != bytes || b.pixel_stride != bytes) return strided_sum(a, b, bytes);
  const std::ptrdiff_t row_bytes = std::ptrdiff_t{a.width} * bytes;
  const bool one_run = a.row_stride == row_bytes && b.row_stride == row_bytes;
  const int rows = one_run ? 1 : a.height;
  const auto samples = static_cast<std::size_t>(a.width) * static_cast<std::size_t>(one_run ? a.height : 1);
  std::uint64_t sum = 0;
  for (int y = 0; y < rows; ++y) {
    sum += bytes == 1 ? kernels().planar8(row_of(a, y), row_of(b, y), samples)
                      : kernels().planar16(row_of(a, y), row_of(b, y), samples);
  }
  return sum;
}

}  // namespace

SquaredErrors squared_error(const Picture& reference, const Picture& distorted) {
  check(reference, distorted);
  std::array<std::uint64_t, 3> sums{};
  const auto packing_a = packing_of(reference), packing_b = packing_of(distorted);
  if (packing_a && packing_a == packing_b) {
    sums = packed_sums(*packing_a, *packing_b, reference, distorted);
  } else {
    for (int i = 0; i < reference.component_count; ++i) {
      sums[i] = component_sum(reference.components[i], distorted.components[i], reference.depth > 8 ? 2 : 1);
    }
  }
  SquaredErrors errors{};
  for (int i = 0; i < reference.component_count; ++i) {
    const Component& c = reference.components[i];
    errors[i] = {static_cast<double>(sums[i]), static_cast<std::uint64_t>(c.width) * c.height};
  }
  return errors;
}

SquaredError squared_error(AudioKind kind, const void* reference, const void* distorted,
                           std::size_t samples) {
  if (kind == AudioKind::f32) return kernels().audio_f32(reference, distorted, samples);
  if (kind == AudioKind::f64) return kernels().audio_f64(reference, distorted, samples);
  const std::uint64_t sum = kernels().audio_s16(reference, distorted, samples);
  return {std::ldexp(static_cast<double>(sum), -30), samples};
}

double psnr_db(double mse, double peak) {
  return mse == 0 ? std::numeric_limits<double>::infinity() : 10 * std::log10(peak * peak / mse);
}

}  // namespace mpq::psnr
