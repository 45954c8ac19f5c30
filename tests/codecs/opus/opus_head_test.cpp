// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include <gtest/gtest.h>

#include <string_view>

#include "codecs/opus/opus_codec.h"
#include "core/error.h"

namespace mpq::opus {
namespace {

using Bytes = std::vector<std::uint8_t>;

/// RFC 7845, section 5.1: version 1, stereo, pre-skip 312, 44100 Hz, gain -1 dB, family 0.
const Bytes stereo_head{'O',  'p', 'u',  's',  'H', 'e', 'a',  'd',  1, 2,
                        0x38, 1,   0x44, 0xac, 0,   0,   0x00, 0xff, 0};

ErrorCode code_of(const Bytes& bytes) {
  try {
    parse_head(bytes);
  } catch (const Error& error) {
    return error.code();
  }
  return ErrorCode::internal;
}

TEST(OpusHead, ReadsAStereoStream) {
  const Head head = parse_head(stereo_head);
  EXPECT_EQ(head.channels, 2);
  EXPECT_EQ(head.pre_skip, 312);
  EXPECT_EQ(head.pre_skip_at(16000), 104);
  EXPECT_EQ(head.input_rate, 44100);
  EXPECT_EQ(head.gain_q8, -256);
  EXPECT_EQ(head.stream_count, 1);
  EXPECT_EQ(head.coupled_count, 1);
  EXPECT_EQ(write_head(head), stereo_head);
}

TEST(OpusHead, ReadsWhatASurroundEncoderWrites) {
  Encoder encoder(48000, 6, {.bitrate = 128000});
  const Bytes bytes = write_head(encoder.head());
  ASSERT_EQ(bytes.size(), 27u);
  const Head head = parse_head(bytes);
  EXPECT_EQ(head.mapping_family, 1);
  EXPECT_EQ(head.stream_count, 4);  // RFC 7845, section 5.1.1.2: 5.1 is two pairs, center and LFE
  EXPECT_EQ(head.coupled_count, 2);
  EXPECT_EQ(Bytes(head.mapping.begin(), head.mapping.begin() + 6), (Bytes{0, 4, 1, 2, 3, 5}));
}

TEST(OpusHead, RefusesEveryCutHead) {
  const Bytes whole = write_head(Encoder(48000, 6, {.bitrate = 128000}).head());
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_EQ(code_of(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size))),
              ErrorCode::corrupt_data);
}

TEST(OpusHead, RefusesLayoutsThatContradictThemselves) {
  const auto with = [](std::size_t at, std::uint8_t value) {
    Bytes bytes = stereo_head;
    bytes.insert(bytes.end(), {1, 1, 0, 1});  // one coupled stream
    bytes[18] = 1;
    bytes[at] = value;
    return bytes;
  };
  EXPECT_EQ(code_of(with(9, 0)), ErrorCode::corrupt_data);   // no channels
  EXPECT_EQ(code_of(with(19, 0)), ErrorCode::corrupt_data);  // no streams
  EXPECT_EQ(code_of(with(20, 2)), ErrorCode::corrupt_data);  // more pairs than streams
  EXPECT_EQ(code_of(with(22, 2)), ErrorCode::corrupt_data);  // channel 1 from decoded channel 2
  EXPECT_EQ(code_of(with(18, 3)), ErrorCode::unsupported);   // ambisonics
  EXPECT_EQ(code_of(with(8, 16)), ErrorCode::unsupported);   // another major version
  EXPECT_NO_THROW(parse_head(with(22, 255)));                // a silent channel
}

TEST(OpusHead, RefusesThreeChannelsInFamily0) {
  Bytes bytes = stereo_head;
  bytes[9] = 3;
  EXPECT_EQ(code_of(bytes), ErrorCode::corrupt_data);
  Head head;
  head.channels = 3;
  EXPECT_THROW(write_head(head), Error);
}

TEST(OpusTags, NameTheLibraryAndTheEncoder) {
  const Bytes tags = write_tags();
  const std::string_view characters(static_cast<const char*>(static_cast<const void*>(tags.data())),
                                    tags.size());
  EXPECT_EQ(characters.substr(0, 8), "OpusTags");
  EXPECT_EQ(characters.substr(12, 7), "libopus");
  EXPECT_EQ(characters.substr(characters.size() - 11), "ENCODER=mpq");
}

TEST(OpusPacket, SaysHowLongItPlays) {
  EXPECT_EQ(packet_samples(Bytes{0xfc, 0}, 48000), 960);    // CELT, 20 ms, one frame
  EXPECT_EQ(packet_samples(Bytes{0xfd, 0, 0}, 8000), 320);  // two frames
  EXPECT_EQ(packet_samples(Bytes{0xff, 6}, 48000), 5760);   // six frames: 120 ms
  EXPECT_EQ(packet_samples(Bytes{0xff, 7}, 48000), std::nullopt);
  EXPECT_EQ(packet_samples(Bytes{0xff}, 48000), std::nullopt);
  EXPECT_EQ(packet_samples(Bytes{}, 48000), std::nullopt);
}

TEST(OpusPacket, TellsCompressedBytesFromFraming) {
  EXPECT_EQ(compressed_bytes(Bytes{0xfc, 1, 2, 3}, 1), 3u);     // code 0
  EXPECT_EQ(compressed_bytes(Bytes{0xfd, 1, 2, 3, 4}, 1), 4u);  // code 1: two equal frames
  EXPECT_EQ(compressed_bytes(Bytes{0xfe, 1, 9, 8, 7}, 1), 3u);  // code 2: 1 byte, then 2
  EXPECT_EQ(compressed_bytes(Bytes{0xff, 0x42, 1, 9, 8, 0}, 1),
            2u);  // code 3: two frames, one byte of padding
  EXPECT_EQ(compressed_bytes(Bytes{0xff, 0x83, 1, 1, 9, 9, 9}, 1), 3u);  // three frames, lengths stated
  EXPECT_EQ(compressed_bytes(Bytes{0xfc, 2, 1, 1, 0xfc, 3}, 2),
            3u);  // the first of two streams says its length
}

TEST(OpusPacket, CountsNothingInBrokenFraming) {
  EXPECT_EQ(compressed_bytes(Bytes{}, 1), 0u);
  EXPECT_EQ(compressed_bytes(Bytes{0xfd, 1, 2, 3}, 1), 0u);         // two equal frames of three bytes
  EXPECT_EQ(compressed_bytes(Bytes{0xfe, 9, 1}, 1), 0u);            // a length beyond the packet
  EXPECT_EQ(compressed_bytes(Bytes{0xff, 0x41, 255, 255}, 1), 0u);  // padding beyond the packet
  EXPECT_EQ(compressed_bytes(Bytes{0xfc, 9, 1, 0xfc}, 2), 0u);
}

}  // namespace
}  // namespace mpq::opus
