// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Folders of small pictures, and the element on them. Users link libpng.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "codecs/jpeg/jpeg.h"
#include "codecs/webp/webp.h"
#include "gst/sample.h"
#include "support/pipeline.h"
#include "tests/codecs/png/made_pngs.h"
#include "tests/support/pictures.h"
#include "tests/support/tools.h"

namespace mpq::test {

class PictureFolder : public testing::Test {
 protected:
  void write(const std::string& name, std::span<const std::uint8_t> bytes) const {
    const std::filesystem::path path = folder_ / name;
    std::filesystem::create_directories(path.parent_path());
    write_file(path, bytes);
  }
  void write_jpeg(const std::string& name, int width, int height) const {
    jpeg::Encoder encoder;
    write(name, encoder.encode(synthetic(PixelFormat::rgb24, width, height).view(), {.quality = 90}).bytes);
  }
  void write_webp(const std::string& name, int width, int height) const {
    webp::Encoder encoder;
    write(name, encoder.encode(synthetic(PixelFormat::rgb24, width, height).view(), {.quality = 90}).bytes);
  }
  /// A gray picture or label map with the bytes 0, 1, 2, ...
  void write_gray(const std::string& name, int width, int height) const {
    Bytes values(static_cast<std::size_t>(width * height));
    for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<std::uint8_t>(i);
    write(name, png_of(width, height, values));
  }

  std::string source(const std::string& properties = {}) const {
    return "mpqfoldersrc name=s folder=" + (folder_ / "data") + ' ' + properties + ' ';
  }

  TemporaryFolder folder_;
};

inline std::vector<std::string> names_of(const std::vector<Received>& frames) {
  std::vector<std::string> names;
  for (const Received& frame : frames) {
    const auto sample = gst::attached_sample(frame.buffer.get());
    names.push_back(sample ? sample->name : "none");
  }
  return names;
}

inline bool caps_hold(const Received& frame, const std::string& part) {
  return frame.caps.find(part) != std::string::npos;
}

}  // namespace mpq::test
