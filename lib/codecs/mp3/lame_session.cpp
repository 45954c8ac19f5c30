// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Which sampling rate carries which bitrate, and LAME's set-up. LAME itself moves a bitrate that its sampling
// rate does not have to the nearest one that it has; here that is never silent.
#include "codecs/mp3/lame_session.h"

#include <algorithm>

#include "core/error.h"
#include "core/text.h"

namespace mpq::mp3 {
namespace {

constexpr int min_input_rate = 8000;
constexpr int max_input_rate = 192000;

void discard_message(const char*, va_list) {}

bool exists(int kbps) {
  return std::any_of(sample_rates.begin(), sample_rates.end(),
                     [&](int rate) { return can_carry(rate, kbps); });
}

/// "8 or 16": the legal bitrates around `kbps`, over all versions or those of `version`.
std::string nearest_bitrates(int kbps, int version) {
  int below = 0, above = 0;
  for (const int v : {1, 2, 3}) {
    if (version != 0 && v != version) continue;
    for (const int legal : bitrates(v)) {
      if (legal <= kbps) below = std::max(below, legal);
      if (legal >= kbps && (above == 0 || legal < above)) above = legal;
    }
  }
  if (below == 0) return text(above, " kbps");
  if (above == 0) return text(below, " kbps");
  return text(below, " or ", above, " kbps");
}

/// The sampling rate nearest below `wanted` that has the bitrate, else nearest above.
int rate_for(int kbps, int wanted) {
  int above = 0;
  for (const int rate : sample_rates) {  // descending
    if (!can_carry(rate, kbps)) continue;
    if (rate <= wanted) return rate;
    above = rate;
  }
  return above;
}

void check(int input_rate, int channels, const EncoderOptions& options) {
  const int kbps = options.bitrate_kbps;
  const auto fail = [](const std::string& cause, const std::string& remedy) {
    throw Error(ErrorCode::invalid_argument, cause, remedy);
  };
  if (input_rate < min_input_rate || input_rate > max_input_rate)
    fail(text("MP3 encoding takes ", min_input_rate, " to ", max_input_rate, " Hz, not ", input_rate),
         "resample the audio first");
  if (channels != 1 && channels != 2)
    fail(text("MP3 has 1 or 2 channels, not ", channels), "mix the audio down to stereo first");
  if (options.effort < 0 || options.effort > 9)
    fail(text("no such MP3 effort: ", options.effort), "set it from 0 (best) to 9 (fastest)");
  if (!exists(kbps))
    fail(text("MP3 has no constant bitrate of ", kbps, " kbps"),
         "set the bitrate to " + nearest_bitrates(kbps, 0));
  if (options.codec_rate == 0) return;
  const int version = version_of(options.codec_rate);
  if (version == 0)
    fail(text("MP3 has no sampling rate of ", options.codec_rate, " Hz"),
         "set the codec rate to 8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100 or 48000, or to 0");
  if (!can_carry(options.codec_rate, kbps))
    fail(text("MP3 at ", options.codec_rate, " Hz has no constant bitrate of ", kbps, " kbps"),
         text("set the codec rate to ", rate_for(kbps, options.codec_rate), " or to 0, or the bitrate to ",
              nearest_bitrates(kbps, version)));
}

MPEG_mode lame_mode(ChannelMode mode) {
  switch (mode) {
    case ChannelMode::automatic:
      return NOT_SET;
    case ChannelMode::stereo:
      return STEREO;
    case ChannelMode::joint_stereo:
      return JOINT_STEREO;
    case ChannelMode::mono:
      return MONO;
  }
  return NOT_SET;
}

LameHandle configure(int input_rate, int channels, const EncoderOptions& options, int codec_rate) {
  LameHandle lame(lame_init());
  if (!lame) throw Error(ErrorCode::internal, "LAME cannot be initialized");
  lame_set_errorf(lame.get(), discard_message);
  lame_set_debugf(lame.get(), discard_message);
  lame_set_msgf(lame.get(), discard_message);
  lame_set_in_samplerate(lame.get(), input_rate);
  lame_set_num_channels(lame.get(), channels);
  lame_set_out_samplerate(lame.get(), codec_rate);
  lame_set_VBR(lame.get(), vbr_off);
  lame_set_brate(lame.get(), options.bitrate_kbps);
  lame_set_quality(lame.get(), options.effort);
  lame_set_bWriteVbrTag(lame.get(), 0);  // LAME has none for frames below 156 bytes; info_tag.cpp writes it
  lame_set_write_id3tag_automatic(lame.get(), 0);
  lame_set_findReplayGain(lame.get(), 0);
  if (options.mode != ChannelMode::automatic) lame_set_mode(lame.get(), lame_mode(options.mode));
  if (lame_init_params(lame.get()) < 0)
    throw Error(ErrorCode::invalid_argument,
                text("LAME does not take ", input_rate, " Hz, ", channels, " channels, ",
                     options.bitrate_kbps, " kbps"),
                "choose another bitrate or codec rate");
  return lame;
}

}  // namespace

LameHandle open_lame(int input_rate, int channels, const EncoderOptions& options) {
  check(input_rate, channels, options);
  const int kbps = options.bitrate_kbps;
  LameHandle lame = configure(input_rate, channels, options, options.codec_rate);
  if (lame_get_brate(lame.get()) != kbps)
    lame = configure(input_rate, channels, options, rate_for(kbps, lame_get_out_samplerate(lame.get())));
  if (lame_get_brate(lame.get()) != kbps)
    throw Error(ErrorCode::internal,
                text("LAME set ", lame_get_brate(lame.get()), " kbps instead of ", kbps));
  return lame;
}

}  // namespace mpq::mp3
