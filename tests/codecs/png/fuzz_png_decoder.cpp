// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Input: a PNG picture, or a label map.
#include "codecs/png/png.h"
#include "tests/support/fuzz_picture.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  mpq::png::Decoder decoder;
  mpq::test::decode_into_every_format(decoder, {data, size});
  mpq::test::answers([&] { decoder.read_samples({data, size}, mpq::test::most_fuzzed_pixels); });
  return 0;
}
