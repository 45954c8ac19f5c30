// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Input: options (one byte: rate, sample format, what is done where a packet is refused), then blocks (see
// InputReader): the OpusHead packet, or nothing for a plain stereo stream, and the stream's packets.
#include <algorithm>

#include "codecs/opus/opus_codec.h"
#include "tests/support/fuzz.h"

namespace {

using mpq::test::answers;
using mpq::test::Bytes;
using mpq::test::require;

void check(const mpq::AudioView& audio, const mpq::opus::Head& head, int rate) {
  require(audio.frames > 0 && audio.frames <= static_cast<std::size_t>(rate) * 120 / 1000,
          "a packet decodes to at most 120 ms");
  require(audio.channels == head.channels, "audio has the head's channels");
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr int rates[] = {48000, 24000, 16000, 12000, 8000};
  mpq::test::InputReader input({data, size});
  const unsigned options = input.byte();
  const int rate = rates[options % 5];
  const auto format = options & 0x40 ? mpq::SampleFormat::f32 : mpq::SampleFormat::s16;
  const bool from_next = options & 0x80;
  mpq::opus::Head head = mpq::opus::Head::plain(2);
  const Bytes head_packet = input.block();
  if (!head_packet.empty() && !answers([&] { head = mpq::opus::parse_head(head_packet); })) return 0;
  mpq::opus::Decoder decoder(head, rate, format);  // no Error: the head was checked
  const int streams = head.stream_count + head.coupled_count;
  const int most_packets = std::max(1, 32 / streams);  // 255 streams of 120 ms take their time
  for (int packets = 0; !input.rest().empty() && packets < most_packets; ++packets) {
    const Bytes packet = input.block();
    if (from_next) check(decoder.decode_lost(rate / 50, packet), head, rate);
    const bool decoded = answers([&] { check(decoder.decode(packet), head, rate); });
    if (!decoded) check(decoder.decode_lost(rate / 50), head, rate);
    require(mpq::opus::compressed_bytes(packet, head.stream_count) <= packet.size(),
            "a packet's frames are part of it");
  }
  return 0;
}
