// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Feeds known audio into a launch line and tells what came out: the samples, and when they are due.
#pragma once

#include <string>
#include <vector>

#include "tests/support/pipeline.h"

namespace mpq::test {

/// Interleaved audio.
struct Sound {
  int rate = 48000;  ///< Hz
  int channels = 1;
  std::vector<float> samples;

  std::size_t frames() const { return samples.size() / static_cast<std::size_t>(channels); }
  std::vector<float> channel(int index) const;
  Sound part(std::size_t first, std::size_t frames) const;
};

/// The test signal of audio_signal.h.
Sound tone_sound(int rate, int channels, std::size_t frames);

/// How audio is put into buffers.
struct Feed {
  bool f32 = true;  ///< else 16 bit
  GstClockTime first_pts = 0;
  std::size_t buffer_frames = 1000;
  std::size_t hole_at = 0;        ///< frame before which timestamps jump; 0: none
  GstClockTime hole = 0;          ///< by this much
  std::string channel_mask = {};  ///< "0x60f"; empty: what the channel count needs, unpositioned above two
};

/// What an appsink called "out" received.
struct Heard {
  Sound sound;
  GstClockTime first_pts = GST_CLOCK_TIME_NONE;
  bool contiguous = true;  ///< each buffer begins where the one before ends, to 2 ns
  std::vector<Received> buffers;
  std::string error;  ///< of the pipeline; empty: it ended well
  std::vector<std::string> warnings, infos;
  std::vector<Result> results;

  /// The samples on a time axis that begins at `origin`, with silence where there are none.
  std::vector<float> timeline(int channel, GstClockTime origin, std::size_t frames) const;
};

std::string raw_caps(const Sound& sound, const Feed& feed);

/// Pushes `sound` and end of stream into the appsrc called "in".
void feed_sound(const Pipeline& pipeline, const Sound& sound, const Feed& feed = {});

/// Raw audio that the appsink "out" received.
Heard hear(Pipeline* pipeline);

/// Runs "appsrc name=in ! <elements> ! appsink name=out" with `sound`. Raw audio must come out.
Heard run_sound(const std::string& elements, const Sound& sound, const Feed& feed = {});

/// As run_sound, for elements that put out coded audio: its packets.
std::vector<Received> encode_sound(const std::string& elements, const Sound& sound, const Feed& feed = {});

/// The packet with its times and metas, but these bytes.
gst::BufferPtr with_bytes(const Received& packet, const std::vector<std::uint8_t>& bytes);

/// Runs "appsrc name=in ! <elements> ! appsink name=out" with packets of these caps. Raw audio must come out.
Heard decode_packets(const std::string& elements, const std::string& caps,
                     std::vector<gst::BufferPtr> packets);

/// Fails the test unless `heard` has `sound`'s length, begins at `first_pts`, is contiguous, and correlates
/// with it best at lag 0 and by at least `least_correlation`, in each channel.
void expect_aligned(const Heard& heard, const Sound& sound, double least_correlation,
                    GstClockTime first_pts = 0);

}  // namespace mpq::test
