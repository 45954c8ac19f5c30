// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Input: a JPEG picture.
#include "codecs/jpeg/jpeg.h"
#include "tests/support/fuzz_picture.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mpq::jpeg::Decoder decoder;
  mpq::test::decode_into_every_format(decoder, {data, size});
  return 0;
}
