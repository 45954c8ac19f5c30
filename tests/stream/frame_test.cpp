// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// One frame: its bytes, what comes back, and that no damage is read as a frame.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "made_frames.h"
#include "tests/support/damage.h"

namespace mpq::stream {
namespace {

using test::code_of;
using test::Data;
using test::example_header;
using test::frame_of;

// Written by hand after docs/bitstream.md; the last four bytes by zlib.crc32() of Python.
const Data by_hand{
    0x8D, 'M',  'P',  'Q',         // magic
    1,                             // version
    0,    0,    0,    44,          // length
    2,    1,                       // codec mbt2018-mean, mode 1
    2,    0xF0, 0x01, 0xC0, 0x02,  // two dimensions: 240 = 0x70 + 1 * 128, 320 = 0x40 + 2 * 128
    0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF,  // model
    0xCA, 0xFE, 0xF0, 0x0D,                          // CRC of the latents
    0,                                               // no extension
    2,    3,    5,                                   // two sections
    0x11, 0x12, 0x13, 0x21, 0x22, 0x23, 0x24, 0x25,  // payload
    0x9D, 0x1B, 0xAA, 0xB4};                         // CRC-32 of all of the above
const std::vector<Data> sections_by_hand{{0x11, 0x12, 0x13}, {0x21, 0x22, 0x23, 0x24, 0x25}};

std::vector<Data> copies(const Frame& frame) {
  std::vector<Data> all;
  for (const auto& section : frame.sections) all.emplace_back(section.begin(), section.end());
  return all;
}

void expect_header(const FrameHeader& read, const FrameHeader& expected) {
  EXPECT_EQ(read.codec, expected.codec);
  EXPECT_EQ(read.mode, expected.mode);
  EXPECT_EQ(read.shape, expected.shape);
  EXPECT_EQ(read.model, expected.model);
  EXPECT_EQ(read.latents_crc, expected.latents_crc);
}

Error error_of(const Data& bytes) {
  try {
    read(bytes);
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no Error was thrown";
  return Error(ErrorCode::internal, "");
}

TEST(StreamFrame, HasTheBytesWrittenByHand) {
  EXPECT_EQ(frame_of(example_header(), sections_by_hand), by_hand);
}

TEST(StreamFrame, IsReadFromBytesWrittenByHand) {
  const Frame frame = read(by_hand);
  expect_header(frame.header, example_header());
  EXPECT_EQ(copies(frame), sections_by_hand);
  EXPECT_EQ(frame.length, by_hand.size());
}

// The hex dump of the worked example, which is there for people to check their readers with.
TEST(StreamFrame, IsTheWorkedExampleOfTheDocumentation) {
  const char* path = std::getenv("MPQ_BITSTREAM_DOC");
  if (path == nullptr) GTEST_SKIP() << "MPQ_BITSTREAM_DOC does not name docs/bitstream.md";
  std::ifstream file(path);
  Data bytes;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("    0000") && (bytes.empty() || !line.starts_with("    00"))) continue;
    std::istringstream words(line);
    std::string word;
    for (words >> word; words >> word;)
      bytes.push_back(static_cast<std::uint8_t>(std::stoi(word, nullptr, 16)));
  }
  EXPECT_EQ(bytes, by_hand);
}

TEST(StreamFrame, CostsAtMostFortyBytesForASmallPicture) {
  EXPECT_EQ(frame_of(example_header(), {Data(30), Data(1000)}).size(), 1030U + 37);
}

TEST(StreamFrame, ReadsBackWhatIsWritten) {
  for (const auto codec : {Codec::mbt2018, Codec::mbt2018_mean, Codec::bmshj2018_hyperprior})
    for (const auto& shape : {std::vector<std::uint32_t>{1, 1}, {65535, 65535}, {127, 128}, {16383, 16384}})
      for (const std::size_t sections : {0U, 1U, 2U, 255U}) {
        const FrameHeader header{
            .codec = codec, .mode = 255, .shape = shape, .model = ~0ULL, .latents_crc = 0xFFFFFFFF};
        const std::vector<Data> payload(sections, test::noise(sections * 3, 1));
        const Data bytes = frame_of(header, payload);
        const Frame frame = read(bytes);
        expect_header(frame.header, header);
        EXPECT_EQ(copies(frame), payload);
        EXPECT_EQ(frame_of(frame.header, copies(frame)), bytes);
      }
}

TEST(StreamFrame, IsAppendedAndReadFromTheFrontOfMore) {
  Data bytes = frame_of(example_header(), sections_by_hand);
  write(example_header(), {}, &bytes);
  EXPECT_EQ(read(bytes).length, by_hand.size());
  EXPECT_TRUE(read(std::span(bytes).subspan(by_hand.size())).sections.empty());
}

TEST(StreamFrame, OfAnUnknownCodecMayHaveAnyShape) {
  for (const auto& shape : {std::vector<std::uint32_t>{0x7FFFFFFF}, {1, 1, 1, 1}, {70000, 2, 3}}) {
    const FrameHeader header{
        .codec = static_cast<Codec>(200), .mode = 0, .shape = shape, .model = 0, .latents_crc = 0};
    const Data bytes = frame_of(header, {});
    expect_header(read(bytes).header, header);
  }
  EXPECT_STREQ(name(static_cast<Codec>(200)), "unknown");
  EXPECT_FALSE(is_known(static_cast<Codec>(0)));
}

TEST(StreamFrame, NamesItsCodecs) {
  EXPECT_STREQ(name(Codec::mbt2018), "mbt2018");
  EXPECT_STREQ(name(Codec::mbt2018_mean), "mbt2018-mean");
  EXPECT_STREQ(name(Codec::bmshj2018_hyperprior), "bmshj2018-hyperprior");
}

TEST(StreamFrame, IsNotWrittenBeyondItsLimits) {
  Data out{1, 2};
  const auto code = [&](const std::vector<std::uint32_t>& shape, std::size_t sections, Codec codec) {
    const std::vector<std::span<const std::uint8_t>> empty(sections);
    return code_of([&] { write({codec, 0, shape, 0, 0}, empty, &out); });
  };
  const auto other = static_cast<Codec>(99);
  EXPECT_EQ(code({}, 0, other), ErrorCode::invalid_argument);
  EXPECT_EQ(code({1, 2, 3, 4, 5}, 0, other), ErrorCode::invalid_argument);
  EXPECT_EQ(code({0x80000000}, 0, other), ErrorCode::invalid_argument);
  EXPECT_EQ(code({4, 0}, 0, other), ErrorCode::invalid_argument);
  EXPECT_EQ(code({65536, 1}, 0, Codec::mbt2018), ErrorCode::invalid_argument);
  EXPECT_EQ(code({1, 1, 1}, 0, Codec::mbt2018), ErrorCode::invalid_argument);
  EXPECT_EQ(code({1, 1}, 256, Codec::mbt2018), ErrorCode::invalid_argument);
  EXPECT_EQ(out, (Data{1, 2}));
}

TEST(StreamFrame, IsNotWrittenBeyondAGibibyte) {
  Data out(1);
  const std::vector<std::span<const std::uint8_t>> huge(4, {out.data(), std::size_t{1} << 28});  // never read
  EXPECT_EQ(code_of([&] { write(example_header(), huge, &out); }), ErrorCode::limit_exceeded);
  EXPECT_EQ(out.size(), 1U);
}

TEST(StreamFrame, CutAnywhereIsAnError) {
  test::for_each_truncation(by_hand, 1, [](std::span<const std::uint8_t> cut) {
    EXPECT_EQ(code_of([&] { read(cut); }), ErrorCode::corrupt_data) << cut.size();
    EXPECT_FALSE(frame_length(cut)) << cut.size();
  });
}

TEST(StreamFrame, WithAnyBitFlippedIsAnError) {
  for (std::size_t bit = 0; bit < 8 * by_hand.size(); ++bit) {
    Data damaged = by_hand;
    damaged[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    EXPECT_EQ(error_of(damaged).code(), ErrorCode::corrupt_data) << bit;
    damaged.resize(1000);  // where a longer declared length fits
    EXPECT_EQ(error_of(damaged).code(), ErrorCode::corrupt_data) << bit;
  }
}

// A faulty writer's frames: any single byte set to any value, and the CRC put right.
TEST(StreamFrame, WithAnyByteAndAFittingCrcIsAFrameOrAnError) {
  for (std::size_t at = 9; at < by_hand.size() - 4; ++at)
    for (int value = 0; value < 256; ++value) {
      Data changed = by_hand;
      changed[at] = static_cast<std::uint8_t>(value);
      test::sign(&changed);
      test::succeeds_or_explains([&] {
        const Frame frame = read(changed);
        EXPECT_EQ(frame.length, by_hand.size());
        read(frame_of(frame.header, copies(frame)));
      });
    }
}

Data with(std::size_t at, std::uint8_t value) {
  Data changed = by_hand;
  changed[at] = value;
  test::sign(&changed);
  return changed;
}

TEST(StreamFrame, WithImpossibleFieldsIsRefusedWithTheCause) {
  EXPECT_NE(std::string(error_of(with(11, 5)).what()).find("5 dimensions"), std::string::npos);
  EXPECT_NE(std::string(error_of(with(11, 0)).what()).find("0 dimensions"), std::string::npos);
  EXPECT_NE(std::string(error_of(with(13, 0)).what()).find("shortest form"), std::string::npos);
  EXPECT_NE(std::string(error_of(with(28, 100)).what()).find("100 bytes"), std::string::npos);
  EXPECT_NE(std::string(error_of(with(31, 4)).what()).find("belong to no section"), std::string::npos);
  EXPECT_NE(std::string(error_of(with(31, 6)).what()).find("section"), std::string::npos);
}

TEST(StreamFrame, OfALaterVersionIsRefusedByItsName) {
  const Error error = error_of(test::of_version(by_hand, 7));
  EXPECT_EQ(error.code(), ErrorCode::unsupported);
  EXPECT_NE(std::string(error.what()).find("version 7"), std::string::npos);
  EXPECT_EQ(error.remedy(), "Update mpq");
  EXPECT_EQ(frame_length(test::of_version(by_hand, 7)), by_hand.size());
  EXPECT_EQ(error_of(test::of_version(by_hand, 0)).code(), ErrorCode::corrupt_data);
}

TEST(StreamFrame, KeepsItsMeaningWithAnExtensionOfALaterRelease) {
  Data extended = by_hand;
  extended[28] = 4;  // bytes of extension
  extended.insert(extended.begin() + 29, {9, 9, 9, 9});
  test::set_length(&extended, extended.size());
  test::sign(&extended);
  EXPECT_EQ(copies(read(extended)), sections_by_hand);
}

TEST(StreamFrame, DeclaresNoLengthBeyondTheLimits) {
  Data frame = by_hand;
  for (const std::size_t bad :
       {std::size_t{0}, min_frame_bytes - 1, max_frame_bytes + 1, std::size_t{0xFFFFFFFF}}) {
    test::set_length(&frame, bad);
    EXPECT_EQ(code_of([&] { frame_length(frame); }), ErrorCode::corrupt_data);
    EXPECT_EQ(find_start(frame), frame.size());
  }
  test::set_length(&frame, max_frame_bytes);
  EXPECT_EQ(declared_length(frame), max_frame_bytes);
  EXPECT_FALSE(frame_length(frame));
}

TEST(StreamCrc, IsZlibs) {
  const std::string digits = "123456789";
  const std::span<const std::uint8_t> bytes(reinterpret_cast<const std::uint8_t*>(digits.data()),
                                            digits.size());
  EXPECT_EQ(crc32(bytes), 0xCBF43926U);
  EXPECT_EQ(crc32(bytes.subspan(4), crc32(bytes.first(4))), 0xCBF43926U);
  EXPECT_EQ(crc32({}), 0U);
  EXPECT_EQ(crc32({}, 5), 5U);
}

}  // namespace
}  // namespace mpq::stream
