// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Input: a list of models. What is accepted has names and files that stay where they belong.
#include <string>

#include "models/model_list.h"
#include "tests/support/fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using mpq::test::require;
  mpq::test::answers([&] {
    const auto list = mpq::ModelList::parse(std::string(reinterpret_cast<const char*>(data), size));
    for (const mpq::ModelEntry& entry : list.entries()) {
      require(list.find(entry.name) == &entry, "a name is found once");
      require(mpq::is_model_name(entry.name) && mpq::is_file_name(entry.file), "names stay in the store");
      for (const auto& source : entry.sources) {
        require(!source.member.starts_with('/') && !source.member.starts_with("../"),
                "members stay in their package");
        require(!source.location.starts_with('-'), "a source is no option");
      }
    }
    list.closest("whisper-tiny");
  });
  return 0;
}
