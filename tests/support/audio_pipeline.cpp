// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

#include "tests/support/audio_pipeline.h"

#include <gst/audio/audio.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "core/text.h"
#include "tests/support/audio_signal.h"

namespace mpq::test {
namespace {

const char* appsrc = "appsrc name=in format=time max-bytes=0 caps=\"";
const char* appsink = " ! appsink name=out sync=false";

std::string line(const std::string& caps, const std::string& elements) {
  return appsrc + caps + "\" ! " + elements + appsink;
}

void append_samples(const Received& buffer, bool f32, std::vector<float>* out) {
  if (f32) {
    const std::size_t old = out->size();
    out->resize(old + buffer.bytes.size() / sizeof(float));
    std::memcpy(out->data() + old, buffer.bytes.data(), (out->size() - old) * sizeof(float));
    return;
  }
  for (std::size_t i = 0; i + 1 < buffer.bytes.size(); i += 2) {
    std::int16_t sample = 0;
    std::memcpy(&sample, buffer.bytes.data() + i, sizeof sample);
    out->push_back(static_cast<float>(sample) / 32768.0f);
  }
}

GstAudioInfo audio_info(const std::string& caps_text) {
  GstAudioInfo info;
  gst_audio_info_init(&info);
  const gst::CapsPtr caps(gst_caps_from_string(caps_text.c_str()));
  if (caps != nullptr) gst_audio_info_from_caps(&info, caps.get());
  return info;
}

}  // namespace

std::vector<float> Sound::channel(int index) const {
  return channel_of(samples, channels, index);
}

Sound Sound::part(std::size_t first, std::size_t count) const {
  const auto begin =
      samples.begin() + static_cast<std::ptrdiff_t>(first * static_cast<std::size_t>(channels));
  return {rate,
          channels,
          {begin, begin + static_cast<std::ptrdiff_t>(count * static_cast<std::size_t>(channels))}};
}

Sound tone_sound(int rate, int channels, std::size_t frames) {
  return {rate, channels, tones(frames, channels, rate)};
}

std::vector<float> Heard::timeline(int channel, GstClockTime origin, std::size_t frames) const {
  std::vector<float> axis(frames);
  for (const Received& buffer : buffers) {
    const GstAudioInfo info = audio_info(buffer.caps);
    std::vector<float> samples;
    append_samples(buffer, GST_AUDIO_INFO_FORMAT(&info) == GST_AUDIO_FORMAT_F32, &samples);
    const std::vector<float> one = channel_of(samples, info.channels, channel);
    const double offset = (static_cast<double>(buffer.pts) - static_cast<double>(origin)) * 1e-9 * info.rate;
    for (std::size_t i = 0; i < one.size(); ++i) {
      const auto at = std::lround(offset) + static_cast<long>(i);
      if (at >= 0 && at < static_cast<long>(frames)) axis[static_cast<std::size_t>(at)] = one[i];
    }
  }
  return axis;
}

std::string raw_caps(const Sound& sound, const Feed& feed) {
  std::string mask = feed.channel_mask;
  if (mask.empty() && sound.channels > 1) mask = sound.channels == 2 ? "0x3" : "0x0";
  return text("audio/x-raw,layout=interleaved,format=", feed.f32 ? GST_AUDIO_NE(F32) : GST_AUDIO_NE(S16),
              ",rate=", sound.rate, ",channels=", sound.channels,
              mask.empty() ? "" : ",channel-mask=(bitmask)" + mask);
}

void feed_sound(const Pipeline& pipeline, const Sound& sound, const Feed& feed) {
  for (std::size_t first = 0; first < sound.frames();) {
    const bool before_hole = first < feed.hole_at;
    const std::size_t end = before_hole ? feed.hole_at : sound.frames();
    const Sound piece = sound.part(first, std::min(feed.buffer_frames, end - first));
    const auto time = [&](std::size_t frame) {
      return feed.first_pts + (before_hole ? 0 : feed.hole) +
             gst_util_uint64_scale(frame, GST_SECOND, static_cast<guint64>(sound.rate));
    };
    const GstClockTime pts = time(first);
    first += piece.frames();
    const auto shorts = to_s16(piece.samples);
    const void* data = feed.f32 ? static_cast<const void*>(piece.samples.data()) : shorts.data();
    push(pipeline, "in", data, piece.samples.size() * (feed.f32 ? 4 : 2), pts, time(first) - pts);
  }
  end_of_stream(pipeline, "in");
}

Heard hear(Pipeline* pipeline) {
  Heard heard;
  heard.buffers = pipeline->pull_all();
  heard.error = pipeline->error();
  heard.warnings = pipeline->warnings();
  heard.infos = pipeline->infos();
  heard.results = pipeline->results();
  GstClockTime next = GST_CLOCK_TIME_NONE;
  for (const Received& buffer : heard.buffers) {
    const GstAudioInfo info = audio_info(buffer.caps);
    heard.sound.rate = info.rate;
    heard.sound.channels = info.channels;
    append_samples(buffer, GST_AUDIO_INFO_FORMAT(&info) == GST_AUDIO_FORMAT_F32, &heard.sound.samples);
    if (next == GST_CLOCK_TIME_NONE)
      heard.first_pts = buffer.pts;
    else if (buffer.pts > next + 2 || buffer.pts + 2 < next)
      heard.contiguous = false;
    next = buffer.pts + buffer.duration;
  }
  return heard;
}

Heard run_sound(const std::string& elements, const Sound& sound, const Feed& feed) {
  Pipeline pipeline(line(raw_caps(sound, feed), elements));
  feed_sound(pipeline, sound, feed);
  pipeline.run();
  return hear(&pipeline);
}

std::vector<Received> encode_sound(const std::string& elements, const Sound& sound, const Feed& feed) {
  Pipeline pipeline(line(raw_caps(sound, feed), elements));
  feed_sound(pipeline, sound, feed);
  EXPECT_TRUE(pipeline.run()) << pipeline.error();
  return pipeline.pull_all();
}

gst::BufferPtr with_bytes(const Received& packet, const std::vector<std::uint8_t>& bytes) {
  gst::BufferPtr buffer = gst::copy_to_buffer(bytes.data(), bytes.size());
  gst_buffer_copy_into(buffer.get(), packet.buffer.get(), GST_BUFFER_COPY_METADATA, 0,
                       static_cast<gsize>(-1));
  return buffer;
}

Heard decode_packets(const std::string& elements, const std::string& caps,
                     std::vector<gst::BufferPtr> packets) {
  Pipeline pipeline("appsrc name=in format=time max-bytes=0 ! " + elements + appsink);
  const auto in = pipeline.element("in");
  const gst::CapsPtr parsed(gst_caps_from_string(caps.c_str()));
  gst_app_src_set_caps(GST_APP_SRC(in.get()), parsed.get());
  for (gst::BufferPtr& packet : packets) gst_app_src_push_buffer(GST_APP_SRC(in.get()), packet.release());
  end_of_stream(pipeline, "in");
  pipeline.run();
  return hear(&pipeline);
}

void expect_aligned(const Heard& heard, const Sound& sound, double least_correlation,
                    GstClockTime first_pts) {
  ASSERT_EQ(heard.error, "");
  ASSERT_EQ(heard.sound.rate, sound.rate);
  ASSERT_EQ(heard.sound.channels, sound.channels);
  EXPECT_EQ(heard.sound.frames(), sound.frames());
  EXPECT_EQ(heard.first_pts, first_pts);
  EXPECT_TRUE(heard.contiguous);
  for (int c = 0; c < sound.channels; ++c) {
    const auto original = sound.channel(c), decoded = heard.sound.channel(c);
    EXPECT_EQ(best_lag(original, decoded), 0) << "channel " << c;
    EXPECT_GE(correlation(original, decoded, 0), least_correlation) << "channel " << c;
  }
}

}  // namespace mpq::test
