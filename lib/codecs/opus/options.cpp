// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "codecs/opus/options.h"

#include <algorithm>
#include <array>

#include "core/error.h"
#include "core/text.h"

namespace mpq::opus {
namespace {

constexpr std::array<int, 5> rates{8000, 12000, 16000, 24000, 48000};
constexpr std::array<int, 6> durations_us{2500, 5000, 10000, 20000, 40000, 60000};
constexpr int max_channels = 8;
constexpr int max_bitrate_per_channel = 255000;

[[noreturn]] void fail(const std::string& cause, const std::string& remedy) {
  throw Error(ErrorCode::invalid_argument, cause, remedy);
}

/// Below this libopus codes silence or noise unrelated to the input: measured, as the rate at which the
/// output begins to correlate with a sum of tones, for each frame duration and channel count. Surround splits
/// its bits unevenly.
int least_bitrate(int channels, int duration_us) {
  const bool surround = channels > 2;
  const int bits_a_frame = surround ? 120 : 60;
  const int a_second = std::max(surround ? 6000 : 4000, bits_a_frame * (1000000 / 100) / (duration_us / 100));
  return surround ? channels * a_second : a_second;
}

int application_code(Application application) {
  switch (application) {
    case Application::audio:
      return OPUS_APPLICATION_AUDIO;
    case Application::voip:
      return OPUS_APPLICATION_VOIP;
    case Application::restricted_lowdelay:
      return OPUS_APPLICATION_RESTRICTED_LOWDELAY;
  }
  return OPUS_APPLICATION_AUDIO;
}

int signal_code(Signal signal) {
  switch (signal) {
    case Signal::automatic:
      return OPUS_AUTO;
    case Signal::voice:
      return OPUS_SIGNAL_VOICE;
    case Signal::music:
      return OPUS_SIGNAL_MUSIC;
  }
  return OPUS_AUTO;
}

int bandwidth_code(Bandwidth bandwidth) {
  switch (bandwidth) {
    case Bandwidth::automatic:
      return OPUS_AUTO;
    case Bandwidth::narrow:
      return OPUS_BANDWIDTH_NARROWBAND;
    case Bandwidth::medium:
      return OPUS_BANDWIDTH_MEDIUMBAND;
    case Bandwidth::wide:
      return OPUS_BANDWIDTH_WIDEBAND;
    case Bandwidth::superwide:
      return OPUS_BANDWIDTH_SUPERWIDEBAND;
    case Bandwidth::full:
      return OPUS_BANDWIDTH_FULLBAND;
  }
  return OPUS_AUTO;
}

void check_rate_and_duration(int rate, const EncoderOptions& options) {
  if (!is_opus_rate(rate))
    fail(text("Opus encodes 8000, 12000, 16000, 24000 or 48000 Hz, not ", rate),
         "resample the audio to 48000 Hz first");
  const int duration = options.frame_duration_us;
  if (std::find(durations_us.begin(), durations_us.end(), duration) == durations_us.end())
    fail(text("Opus has no frames of ", duration, " microseconds"),
         "set the frame duration to 2500, 5000, 10000, 20000, 40000 or 60000 microseconds");
}

}  // namespace

bool is_opus_rate(int rate) {
  return std::find(rates.begin(), rates.end(), rate) != rates.end();
}

void check(int rate, int channels, const EncoderOptions& options) {
  check_rate_and_duration(rate, options);
  if (channels < 1 || channels > max_channels)
    fail(text("Opus surround has 1 to ", max_channels, " channels, not ", channels),
         "mix the audio down first");
  const int least = least_bitrate(channels, options.frame_duration_us),
            most = max_bitrate_per_channel * channels;
  if (options.bitrate < least)
    fail(text(options.bitrate, " bit/s are too few for ", channels, " channels of Opus in frames of ",
              options.frame_duration_us / 1000.0, " ms"),
         text("set the bitrate to at least ", least,
              options.frame_duration_us < 20000 ? ", or longer frames" : ""));
  if (options.bitrate > most)
    fail(text("no Opus bitrate of ", options.bitrate, " bit/s for ", channels, " channels"),
         text("set it to at most ", most));
  if (options.complexity < 0 || options.complexity > 10)
    fail(text("no Opus complexity ", options.complexity), "set it from 0 to 10");
  if (options.expected_loss_percent < 0 || options.expected_loss_percent > 100)
    fail(text("an expected loss of ", options.expected_loss_percent, " %"), "set it from 0 to 100");
}

EncoderHandle::EncoderHandle(int rate, Application application, Head* head) {
  int error = OPUS_OK;
  if (head->channels <= 2) {
    const Head plain = Head::plain(head->channels);
    head->coupled_count = plain.coupled_count;
    head->mapping = plain.mapping;
    plain_.reset(opus_encoder_create(rate, head->channels, application_code(application), &error));
  } else {
    surround_.reset(opus_multistream_surround_encoder_create(
        rate, head->channels, head->mapping_family, &head->stream_count, &head->coupled_count,
        head->mapping.data(), application_code(application), &error));
  }
  require("creating an encoder", error);
}

void EncoderHandle::require(const char* what, int result) {
  if (result < 0) throw Error(ErrorCode::internal, text("libopus, ", what, ": ", opus_strerror(result)));
}

void EncoderHandle::apply(const EncoderOptions& options) {
  control("bitrate", OPUS_SET_BITRATE_REQUEST, options.bitrate);
  control("variable rate", OPUS_SET_VBR_REQUEST, options.rate_control == RateControl::constant ? 0 : 1);
  control("constraint", OPUS_SET_VBR_CONSTRAINT_REQUEST,
          options.rate_control == RateControl::constrained ? 1 : 0);
  control("complexity", OPUS_SET_COMPLEXITY_REQUEST, options.complexity);
  control("signal", OPUS_SET_SIGNAL_REQUEST, signal_code(options.signal));
  control("bandwidth", OPUS_SET_BANDWIDTH_REQUEST, bandwidth_code(options.bandwidth));
  control("in-band FEC", OPUS_SET_INBAND_FEC_REQUEST, options.inband_fec ? 1 : 0);
  control("expected loss", OPUS_SET_PACKET_LOSS_PERC_REQUEST, options.expected_loss_percent);
  control("DTX", OPUS_SET_DTX_REQUEST, options.dtx ? 1 : 0);
}

void EncoderHandle::reset() {
  require("reset", plain_ ? opus_encoder_ctl(plain_.get(), OPUS_RESET_STATE)
                          : opus_multistream_encoder_ctl(surround_.get(), OPUS_RESET_STATE));
}

int EncoderHandle::encode(SampleFormat format, const void* samples, int frames,
                          std::span<std::uint8_t> packet) {
  const auto size = static_cast<opus_int32>(packet.size());
  int written = 0;
  if (format == SampleFormat::s16) {
    const auto* pcm = static_cast<const opus_int16*>(samples);
    written = plain_ ? opus_encode(plain_.get(), pcm, frames, packet.data(), size)
                     : opus_multistream_encode(surround_.get(), pcm, frames, packet.data(), size);
  } else {
    const auto* pcm = static_cast<const float*>(samples);
    written = plain_ ? opus_encode_float(plain_.get(), pcm, frames, packet.data(), size)
                     : opus_multistream_encode_float(surround_.get(), pcm, frames, packet.data(), size);
  }
  require("encoding", written);
  return written;
}

}  // namespace mpq::opus
