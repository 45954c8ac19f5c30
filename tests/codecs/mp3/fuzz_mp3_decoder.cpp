// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Input: an MP3 stream. Its frames are decoded one after another, and what else is between them too.
#include <algorithm>
#include <optional>

#include "codecs/mp3/mp3.h"
#include "tests/support/fuzz.h"

namespace {

using mpq::test::Bytes;
using mpq::test::require;

void decode(mpq::mp3::Decoder& decoder, Bytes packet) {
  const auto header = mpq::mp3::parse_frame_header(packet);
  mpq::test::answers([&] {
    const mpq::mp3::DecodedAudio decoded = decoder.decode(packet);
    const auto frames = static_cast<std::int64_t>(decoded.audio.frames);
    require(header && decoded.audio.channels == header->channels && decoded.rate == header->sample_rate,
            "audio is what the header says");
    require(frames == 0 || frames == header->samples(), "a packet decodes to a frame, or is a tag");
    require(decoded.clip_start >= 0 && decoded.clip_end >= 0, "clips are counts");
    require(decoded.clip_start + decoded.clip_end <= frames, "clips lie within the frame");
  });
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (const auto format : {mpq::SampleFormat::s16, mpq::SampleFormat::f32}) {
    mpq::mp3::Decoder decoder(format);
    std::optional<mpq::mp3::FrameHeader> previous;
    for (Bytes left(data, size); !left.empty();) {
      const auto next = mpq::mp3::find_frame(left, true, previous ? &*previous : nullptr);
      require(next.length == 0 || next.skip + next.length <= left.size(), "a frame lies within the bytes");
      if (next.length == 0 || next.skip > 0) decode(decoder, left.first(std::min(next.skip, left.size())));
      if (next.length == 0) break;
      previous = mpq::mp3::parse_frame_header(left.subspan(next.skip));
      decode(decoder, left.subspan(next.skip, next.length));
      left = left.subspan(next.skip + next.length);
    }
    decoder.reset();
    decode(decoder, {data, size});
  }
  return 0;
}
