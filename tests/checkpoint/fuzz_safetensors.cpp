// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Input: a safetensors file.
#include "fuzz_checkpoint.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mpq::test::use_checkpoint({data, size});
  return 0;
}
