// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// From one range and colour matrix to another, in the same layout.
#pragma once

#include <cstdint>
#include <vector>

#include "gst/video.h"

namespace mpq::gst {

/// Converts frames whose range or matrix differs from the wanted one; does nothing otherwise. Both sides have
/// the same format and size. GstVideoConverter does not do: it copies the planes where the matrix is the
/// same, and its 8-bit matrices are off by several steps. Throws Error(unsupported) for an unknown matrix.
class FrameConverter {
 public:
  FrameConverter(const GstVideoInfo& from, const GstVideoInfo& to);

  /// The frame in the wanted form; the caller maps it with the info `to`. Memory is reused between calls.
  GstBuffer* convert(GstBuffer* input);

 private:
  /// A sum of three samples, chroma less 128, with 13 fractional bits and rounding.
  struct Mix {
    std::int16_t luma = 0, cb = 0, cr = 0;
    int offset = 0;
  };
  void set_luma();
  void set_matrix();
  void convert_packed(const ImageView& source, const MutableImageView& target) const;
  void convert_chroma(const ImageView& source, const MutableImageView& target) const;
  void convert_luma(const ImageView& source, const MutableImageView& target);
  void mix_chroma_into_luma(const ImageView& source, int chroma_row);

  GstVideoInfo from_, to_;
  Mix to_luma_, to_cb_, to_cr_;  // to_luma_ for R, G and B, too
  std::vector<int> chroma_;      // what chroma adds to each luma sample of a row
  BufferPtr scratch_;            // null where there is nothing to do
};

}  // namespace mpq::gst
