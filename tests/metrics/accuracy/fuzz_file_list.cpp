// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Input: a list of files with their labels. It is read as CSV, as JSON and as names alone.
#include <filesystem>

#include "metrics/accuracy/labels.h"
#include "tests/support/memory_file.h"

namespace {

namespace fs = std::filesystem;
using mpq::test::require;

// What kind of list it is, the end of its name tells.
void read_as(const fs::path& target, const std::string& ending) {
  const fs::path name = fs::temp_directory_path() / ("mpq-fuzz-list-" + std::to_string(getpid()) + ending);
  fs::remove(name);
  fs::create_symlink(target, name);
  mpq::test::answers([&] {
    for (const auto& listed : mpq::accuracy::read_file_list(name)) {
      require(!listed.file.empty(), "a listed file has a name");
      require(!listed.label.index || *listed.label.index >= 0, "an index counts from 0");
    }
  });
  fs::remove(name);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const mpq::test::MemoryFile file({data, size});
  for (const char* ending : {".csv", ".json", ".txt"}) read_as(file.path(), ending);
  return 0;
}
