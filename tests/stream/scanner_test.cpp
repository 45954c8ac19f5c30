// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Frames in a run of bytes: found whatever pieces it comes in, and found again after damage.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

#include "core/error.h"
#include "made_frames.h"

namespace mpq::stream {
namespace {

using test::Data;
using test::join;
using test::noise;
using test::picture_frame;

// The sound frames, as an element cuts them that gets `step` bytes at a time. `damaged` counts the pieces
// that are no frame.
std::vector<Data> frames_in(const Data& all, std::size_t step, std::size_t* damaged = nullptr) {
  std::vector<Data> frames;
  FrameScanner scanner;
  std::size_t begin = 0, end = 0;
  while (begin < all.size()) {
    const auto bytes = std::span(all).subspan(begin, end - begin);
    const std::size_t garbage = find_start(bytes);
    auto length = garbage == 0 ? scanner.length(bytes) : std::nullopt;
    if (garbage == 0 && !length && end < all.size()) {
      end = std::min(end + step, all.size());
      continue;
    }
    if (garbage == 0) {
      const auto piece = bytes.first(length.value_or(bytes.size()));
      try {
        EXPECT_EQ(read(piece).length, piece.size());
        frames.emplace_back(piece.begin(), piece.end());
      } catch (const Error&) {
        if (damaged != nullptr) ++*damaged;
      }
      begin += piece.size();
    } else {
      begin += garbage;
    }
    end = std::max(begin, end);
    if (begin == end) end = std::min(end + step, all.size());
    scanner.reset();
  }
  return frames;
}

void expect_frames(const Data& all, const std::vector<Data>& expected, std::size_t expected_damage) {
  for (const std::size_t step : {1U, 2U, 3U, 7U, 64U, 1000U, 1000000U}) {
    std::size_t damaged = 0;
    EXPECT_EQ(frames_in(all, step, &damaged), expected) << "in pieces of " << step;
    EXPECT_EQ(damaged, expected_damage) << "in pieces of " << step;
  }
}

const Data first = picture_frame(100, 1), second = picture_frame(300, 2), third = picture_frame(1, 3);

TEST(FrameScanner, FindsFramesThatFollowEachOther) {
  expect_frames(join({first, second, third, first}), {first, second, third, first}, 0);
}

TEST(FrameScanner, FindsTwoFramesWithGarbageBetween) {
  expect_frames(join({noise(500, 9), first, noise(17, 8), second, noise(3, 7)}), {first, second}, 0);
}

TEST(FrameScanner, FindsFramesCutAtEveryByte) {
  const Data both = join({first, second});
  for (std::size_t cut = 0; cut <= both.size(); ++cut) {
    FrameScanner scanner;
    const auto early = scanner.length(std::span(both).first(cut));
    EXPECT_EQ(early.has_value(), cut >= first.size()) << cut;
    EXPECT_EQ(scanner.length(both), first.size()) << cut;
  }
}

TEST(FrameScanner, IsNotMisledByStartsInAPayload) {
  Data payload = noise(50, 4);
  payload.insert(payload.end(), first.begin(), first.end() - 1);  // all but a whole frame
  payload.insert(payload.end(), {0x8D, 'M', 'P', 'Q', 1, 0, 0, 0, 40});
  const Data outer = test::frame_of(test::example_header(), {payload, noise(60, 5)});
  expect_frames(join({outer, second}), {outer, second}, 0);
}

TEST(FrameScanner, LosesOneFrameForABitAnywhere) {
  for (std::size_t bit = 0; bit < 8 * first.size(); ++bit) {
    Data damaged = first;
    damaged[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    EXPECT_EQ(frames_in(join({third, damaged, second, third}), 64), (std::vector<Data>{third, second, third}))
        << bit;
  }
}

TEST(FrameScanner, LosesOneFrameForAnyBytesThatAreMissing) {
  for (std::size_t kept = 1; kept < first.size(); ++kept)
    for (const bool tail : {false, true}) {
      const Data rest = tail ? Data(first.end() - static_cast<std::ptrdiff_t>(kept), first.end())
                             : Data(first.begin(), first.begin() + static_cast<std::ptrdiff_t>(kept));
      EXPECT_EQ(frames_in(join({third, rest, second, third}), 50), (std::vector<Data>{third, second, third}))
          << kept;
    }
}

TEST(FrameScanner, FindsTheNextFrameAsSoonAsItIsWholeWhereALengthIsDamaged) {
  Data damaged = first;
  test::set_length(&damaged, max_frame_bytes);
  const Data all = join({damaged, second});
  FrameScanner scanner;
  EXPECT_FALSE(scanner.length(std::span(all).first(all.size() - 1)));
  EXPECT_EQ(scanner.length(all), damaged.size());
}

TEST(FrameScanner, GivesADamagedFrameUpAtItsEnd) {
  Data damaged = first;
  damaged.back() ^= 1;
  FrameScanner scanner;
  EXPECT_FALSE(scanner.length(std::span(damaged).first(damaged.size() - 1)));
  EXPECT_EQ(scanner.length(damaged), damaged.size());
  damaged.back() = 0x8D;  // which may be a start
  scanner.reset();
  EXPECT_EQ(scanner.length(damaged), damaged.size() - 1);
}

TEST(FrameScanner, CutsFramesOfALaterVersionWhole) {
  const Data later = test::of_version(first, 2);
  expect_frames(join({later, second}), {second}, 1);
}

TEST(FrameScanner, ThrowsWhereNoFrameStarts) {
  FrameScanner scanner;
  EXPECT_THROW(scanner.length(Data{'x'}), Error);
  EXPECT_THROW(scanner.length(Data{0x8D, 'M', 'P', 'Q', 0}), Error);
  EXPECT_FALSE(scanner.length(Data{}));
}

// Starts of frames everywhere that never are frames: linear time means a fraction of a second.
TEST(FrameScanner, TakesLinearTimeForHostileStreams) {
  for (const std::size_t declared : {31UL, 1000UL, 100000UL, 5000000UL, 1000000000UL}) {
    Data hostile;
    while (hostile.size() < 1 << 19) {
      Data start{0x8D, 'M', 'P', 'Q', 1, 0, 0, 0, 0};
      test::set_length(&start, declared);
      hostile.insert(hostile.end(), start.begin(), start.end());
    }
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_TRUE(frames_in(hostile, 1 << 16).empty());
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10)) << declared;
  }
}

}  // namespace
}  // namespace mpq::stream
