// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Runs a codec library's own command-line tools on pictures, as the reference for our bytes and pixels.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/pictures.h"

namespace mpq::test {

using Bytes = std::vector<std::uint8_t>;

/// A folder that goes away with the object.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "mpq-test-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("cannot make a temporary folder");
    path_ = pattern;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

inline Bytes read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

inline void write_file(const std::filesystem::path& path, std::span<const std::uint8_t> bytes) {
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

inline bool has_tool(const std::string& name) {
  return std::system(("command -v " + name + " >/dev/null").c_str()) == 0;
}

/// PGM, PPM or, with alpha, PAM.
inline void write_pnm(const std::filesystem::path& path, const Picture& picture) {
  std::ostringstream head;
  if (picture.format() == PixelFormat::rgba32)
    head << "P7\nWIDTH " << picture.width() << "\nHEIGHT " << picture.height()
         << "\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n";
  else
    head << (picture.format() == PixelFormat::gray8 ? "P5\n" : "P6\n") << picture.width() << " "
         << picture.height() << "\n255\n";
  const std::string text = head.str();
  Bytes bytes(text.begin(), text.end());
  const Bytes pixels = picture.pixels();
  bytes.insert(bytes.end(), pixels.begin(), pixels.end());
  write_file(path, bytes);
}

/// Runs `command` in `folder`, where it reads the file "in" and writes the file "out", which is returned.
/// Empty where it fails.
inline Bytes run_tool(const std::string& command, const TemporaryFolder& folder) {
  const std::string shell = "cd '" + (folder / "") + "' && " + command + " 2>/dev/null";
  return std::system(shell.c_str()) == 0 ? read_file(folder / "out") : Bytes();
}

inline Bytes encode_with(const std::string& command, const Picture& picture) {
  const TemporaryFolder folder;
  write_pnm(folder / "in", picture);
  return run_tool(command, folder);
}

/// The pixels at the end of the file that a decoding tool writes: a PNM or YUV file of `size` pixel bytes.
inline Bytes decode_with(const std::string& command, std::span<const std::uint8_t> coded, std::size_t size) {
  const TemporaryFolder folder;
  write_file(folder / "in", coded);
  const Bytes file = run_tool(command, folder);
  if (file.size() < size) return {};
  return {file.end() - static_cast<std::ptrdiff_t>(size), file.end()};
}

}  // namespace mpq::test

/// Skips the test, naming what it lacks.
#define MPQ_REQUIRE_TOOL(tool, package) \
  if (!::mpq::test::has_tool(tool)) GTEST_SKIP() << "needs " << (tool) << " of the package " << (package)
