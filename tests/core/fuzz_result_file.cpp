// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Input: a result file, JSON lines or CSV. What was read is written, read again, and shown as tables.
#include <string>

#include "core/result_io.h"
#include "core/result_table.h"
#include "tests/support/fuzz.h"
#include "tests/support/memory_file.h"

namespace {

using mpq::Result;
using mpq::test::MemoryFile;
using mpq::test::require;

// Text that JSON cannot hold becomes U+FFFD when it is written, so it is what was written that must last.
void write_back(const Result& result) {
  const std::string csv = mpq::to_csv(result), json = mpq::to_json(result);
  require(mpq::to_csv(mpq::result_from_csv(csv)) == csv, "CSV reads back as it was written");
  require(mpq::to_json(mpq::result_from_json(json)) == json, "JSON reads back as it was written");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const MemoryFile file({data, size});
  mpq::test::answers([&] {
    const std::vector<Result> results = mpq::read_results(file.path());
    for (const Result& result : results) write_back(result);
    mpq::result_table(mpq::select_results(results, {.scope = {}, .metric = {}}));
    mpq::comparison_table({{"a", results}, {"b", results}});
  });
  const std::string line(reinterpret_cast<const char*>(data), size);
  mpq::test::answers([&] { write_back(mpq::result_from_json(line)); });
  mpq::test::answers([&] { write_back(mpq::result_from_csv(line)); });
  return 0;
}
