// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Files that other programs read: an information tag and the packets, decoded by mpg123 and by LAME's own
// decoder.
#include <gtest/gtest.h>

#include <cmath>

#include "codecs/mp3/mp3.h"
#include "tests/support/audio_packets.h"
#include "tests/support/audio_signal.h"
#include "tests/support/tools.h"
#include "tests/support/wav.h"

namespace mpq::mp3 {
namespace {

constexpr std::size_t frames = 100001;  // of 44100 Hz stereo

class Mp3Tools : public testing::TestWithParam<int> {
 protected:
  /// What `command` decodes a file to whose provisional tag was replaced by the final one.
  std::vector<std::int16_t> decode_with(const std::string& command) {
    Encoder encoder(44100, 2, {.bitrate_kbps = GetParam()});
    auto file = encoder.info_tag();
    const auto packets = test::encode_all(encoder, test::view(test::tones(frames, 2, 44100), 2));
    const auto final_tag = encoder.info_tag(), audio = test::concatenate(packets);
    EXPECT_EQ(file.size(), final_tag.size());
    file = final_tag;
    file.insert(file.end(), audio.begin(), audio.end());
    rate_ = encoder.codec_rate();
    const test::TemporaryFolder folder;
    test::write_file(folder / "in", file);
    return test::wav_samples(test::run_tool(command, folder));
  }

  /// The stereo samples are the input's, in length and in time.
  void expect_input(const std::vector<std::int16_t>& decoded) const {
    const auto length = static_cast<std::size_t>(std::ceil(static_cast<double>(frames) * rate_ / 44100));
    EXPECT_EQ(decoded.size(), 2 * length);
    const std::vector<float> left = test::channel_of({decoded.begin(), decoded.end()}, 2, 0);
    EXPECT_EQ(test::best_lag(test::channel_of(test::tones(length, 2, rate_), 2, 0), left), 0);
  }

 private:
  int rate_ = 0;
};

TEST_P(Mp3Tools, Mpg123PlaysAFileToTheInputsLengthAndTime) {
  MPQ_REQUIRE_TOOL("mpg123", "mpg123");
  expect_input(decode_with("mpg123 -q -w out in"));
}

TEST_P(Mp3Tools, LamePlaysAFileToTheInputsLengthAndTime) {
  MPQ_REQUIRE_TOOL("lame", "lame");
  expect_input(decode_with("lame --quiet --mp3input --decode in out"));
}

INSTANTIATE_TEST_SUITE_P(Bitrates, Mp3Tools, testing::Values(8, 32, 128, 320));

}  // namespace
}  // namespace mpq::mp3
