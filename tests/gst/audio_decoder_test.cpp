// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Decoders whose packets pass GstAudioDecoder by, against the same packets through it, where any meta leads
// them: what comes out, with its times, flags and events, is the same.
#include <gst/audio/audio.h>
#include <gst/check/gstharness.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <ostream>
#include <span>

#include "codecs/mp3/mp3.h"
#include "codecs/opus/opus_codec.h"
#include "core/text.h"
#include "gst/pointer.h"
#include "tests/support/audio_packets.h"
#include "tests/support/audio_signal.h"

namespace mpq::test {
namespace {

using Log = std::vector<std::string>;
using Bytes = std::vector<std::uint8_t>;

struct Stream {
  const char* decoder;
  std::string caps;
  std::vector<Bytes> packets;
  GstClockTime duration;  ///< of a packet
};

template <class Encoder>
std::vector<Bytes> packets_of(Encoder&& encoder, int rate, int channels) {
  std::vector<Bytes> packets;
  for (const Packet& packet :
       encode_all(encoder, view(tones(static_cast<std::size_t>(rate), channels, rate), channels)))
    packets.push_back(packet.bytes);
  return packets;
}

std::string opus_caps(int channels) {
  return text("audio/x-opus, channel-mapping-family=0, rate=48000, channels=", channels,
              ", stream-count=1, coupled-count=", channels - 1);
}

Stream opus_stream(int channels = 1) {
  return {"mpqopusdec", opus_caps(channels), packets_of(opus::Encoder(48000, channels), 48000, channels),
          20 * GST_MSECOND};
}

std::string mp3_caps(int rate) {
  return text("audio/mpeg, mpegversion=1, layer=3, parsed=true, channels=2, rate=", rate);
}

Stream mp3_stream() {
  return {"mpqmp3dec", mp3_caps(48000),
          packets_of(mp3::Encoder(48000, 2, {.bitrate_kbps = 128, .codec_rate = 48000}), 48000, 2),
          24 * GST_MSECOND};
}

/// An element between pads, and what leaves it.
class Player {
 public:
  Player(const char* decoder, const std::string& caps, bool directly)
      : harness_(gst_harness_new(decoder)), directly_(directly) {
    gst_pad_add_probe(
        harness_->sinkpad,
        static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM |
                                     GST_PAD_PROBE_TYPE_EVENT_FLUSH),
        note, &log_, nullptr);
    gst_harness_set_src_caps_str(harness_, caps.c_str());
  }
  ~Player() { gst_harness_teardown(harness_); }
  Player(const Player&) = delete;
  Player& operator=(const Player&) = delete;

  void push(const Bytes& bytes, GstClockTime pts, GstClockTime duration, bool discontinuous = false) {
    GstBuffer* buffer = bytes.empty() ? gst_buffer_new() : gst_buffer_new_memdup(bytes.data(), bytes.size());
    GST_BUFFER_PTS(buffer) = pts;
    GST_BUFFER_DURATION(buffer) = duration;
    if (discontinuous) GST_BUFFER_FLAG_SET(buffer, GST_BUFFER_FLAG_DISCONT);
    if (!directly_) {
      const gst::CapsPtr any(gst_caps_new_any());
      gst_buffer_add_reference_timestamp_meta(buffer, any.get(), 0, 0);
    }
    const GstFlowReturn flow = gst_harness_push(harness_, buffer);
    if (flow != GST_FLOW_OK) log_.push_back(gst_flow_get_name(flow));
  }
  void push(GstEvent* event) { gst_harness_push_event(harness_, event); }
  void push_segment(GstClockTime start, GstClockTime stop) {
    GstSegment segment;
    gst_segment_init(&segment, GST_FORMAT_TIME);
    segment.start = segment.time = segment.position = start;
    segment.stop = stop;
    push(gst_event_new_segment(&segment));
  }
  void push_caps(const std::string& caps) {
    const gst::CapsPtr parsed(gst_caps_from_string(caps.c_str()));
    push(gst_event_new_caps(parsed.get()));
  }
  GstHarness* harness() { return harness_; }
  GstElement* element() { return harness_->element; }
  const Log& log() const { return log_; }

 private:
  static GstPadProbeReturn note(GstPad*, GstPadProbeInfo* info, gpointer to) {
    auto& log = *static_cast<Log*>(to);
    if ((GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_BUFFER) == 0) {
      GstEvent* event = GST_PAD_PROBE_INFO_EVENT(info);
      if (GST_EVENT_TYPE(event) == GST_EVENT_STREAM_START) return GST_PAD_PROBE_OK;  // names the harness
      const GstStructure* s = gst_event_get_structure(event);
      const gst::CharPtr fields(s != nullptr ? gst_structure_to_string(s) : nullptr);
      log.push_back(text(GST_EVENT_TYPE_NAME(event), ' ', fields != nullptr ? fields.get() : ""));
      return GST_PAD_PROBE_OK;
    }
    GstBuffer* buffer = GST_PAD_PROBE_INFO_BUFFER(info);
    const gst::ReadMap map(buffer);
    std::size_t hash = 0;
    for (const std::uint8_t byte : std::span(map.data(), map.size())) hash = hash * 31 + byte;
    log.push_back(text("buffer at ", GST_BUFFER_PTS(buffer), " for ", GST_BUFFER_DURATION(buffer), ", ",
                       map.size(), " bytes, ", hash,
                       GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DISCONT) ? ", discont" : ""));
    return GST_PAD_PROBE_OK;
  }

  GstHarness* harness_;
  bool directly_;
  Log log_;
};

/// How packet `i` of a stream is sent; nothing else need be done for a plain one.
using Script = std::function<void(Player&, const Stream&, std::size_t i)>;

void plain(Player& player, const Stream& stream, std::size_t i) {
  player.push(stream.packets[i], i * stream.duration, stream.duration);
}

/// As Matroska has it.
GstClockTime rounded(const Stream& stream, std::size_t i) {
  return (i * stream.duration + 300 * GST_USECOND * (i % 5)) / GST_MSECOND * GST_MSECOND;
}

struct Course {
  const char* name;
  Script script;

  friend std::ostream& operator<<(std::ostream& out, const Course& course) { return out << course.name; }
};

void jittered(Player& player, const Stream& stream, std::size_t i) {
  player.push(stream.packets[i], rounded(stream, i), stream.duration);
}

std::vector<Course> courses() {
  return {
      {"Plain", plain},
      {"RoundedTimes", jittered},
      {"OneTimeOnly",
       [](Player& player, const Stream& stream, std::size_t i) {
         player.push(stream.packets[i], i == 0 ? 77 : GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE);
       }},
      {"Tags",
       [](Player& player, const Stream& stream, std::size_t i) {
         if (i % 7 == 5)
           player.push(gst_event_new_tag(gst_tag_list_new(GST_TAG_TITLE, text("part ", i).c_str(), nullptr)));
         jittered(player, stream, i);
       }},
      {"TagsWithoutTimes",
       [](Player& player, const Stream& stream, std::size_t i) {
         if (i % 7 == 5) player.push(gst_event_new_tag(gst_tag_list_new(GST_TAG_TITLE, "part", nullptr)));
         player.push(stream.packets[i], i == 0 ? 0 : GST_CLOCK_TIME_NONE, stream.duration);
       }},
      {"Lost",
       [](Player& player, const Stream& stream, std::size_t i) {
         if (i % 10 != 6) jittered(player, stream, i);
       }},
      {"LostWithGaps",
       [](Player& player, const Stream& stream, std::size_t i) {
         if (i % 10 == 6)
           player.push(gst_event_new_gap(rounded(stream, i), stream.duration));
         else
           jittered(player, stream, i);
       }},
      {"Concealed",
       [](Player& player, const Stream& stream, std::size_t i) {
         if (i == 3) g_object_set(player.element(), "plc", TRUE, nullptr);
         if (i % 10 == 6)
           player.push(gst_event_new_gap(rounded(stream, i), stream.duration));
         else
           jittered(player, stream, i);
       }},
      {"Discontinuous",
       [](Player& player, const Stream& stream, std::size_t i) {
         const bool jump = i % 8 == 3;
         player.push(stream.packets[i], i % 16 == 11 ? GST_CLOCK_TIME_NONE : rounded(stream, i),
                     stream.duration, jump);
       }},
      {"Damaged",
       [](Player& player, const Stream& stream, std::size_t i) {
         if (i % 9 == 4)
           player.push({0xff, 0x3f, 0, 1}, rounded(stream, i), stream.duration);
         else
           jittered(player, stream, i);
       }},
      {"Empty",
       [](Player& player, const Stream& stream, std::size_t i) {
         if (i % 9 == 4) player.push({}, rounded(stream, i), 0);
         jittered(player, stream, i);
       }},
      {"InPartOfASegment",
       [](Player& player, const Stream& stream, std::size_t i) {
         if (i == 0) player.push_segment(110 * GST_MSECOND, 733 * GST_MSECOND);
         jittered(player, stream, i);
       }},
      {"InPartOfALongSegment",
       [](Player& player, const Stream& stream, std::size_t i) {
         if (i == 0) player.push_segment(110 * GST_MSECOND, 1333 * GST_MSECOND);
         jittered(player, stream, i);
       }},
      {"SegmentsInTurn",
       [](Player& player, const Stream& stream, std::size_t i) {
         if (i % 12 == 7) player.push_segment(rounded(stream, i) + 5 * GST_MSECOND, GST_CLOCK_TIME_NONE);
         jittered(player, stream, i);
       }},
      {"Flushed",
       [](Player& player, const Stream& stream, std::size_t i) {
         if (i % 12 == 7) {
           player.push(gst_event_new_flush_start());
           player.push(gst_event_new_flush_stop(TRUE));
           player.push_segment(0, GST_CLOCK_TIME_NONE);
         }
         player.push(stream.packets[i], rounded(stream, (i + 5) % 12), stream.duration);
       }},
      {"WithoutTolerance",
       [](Player& player, const Stream& stream, std::size_t i) {
         if (i == 9) g_object_set(player.element(), "tolerance", gint64{0}, nullptr);
         if (i == 20) g_object_set(player.element(), "tolerance", gint64{GST_SECOND}, nullptr);
         jittered(player, stream, i);
       }},
      {"Aggregated",
       [](Player& player, const Stream& stream, std::size_t i) {
         if (i == 9) g_object_set(player.element(), "min-latency", gint64{100 * GST_MSECOND}, nullptr);
         jittered(player, stream, i);
       }},
      {"Reconfigured",
       [](Player& player, const Stream& stream, std::size_t i) {
         if (i % 6 == 5) gst_harness_push_upstream_event(player.harness(), gst_event_new_reconfigure());
         jittered(player, stream, i);
       }},
      {"CapsAgain",
       [](Player& player, const Stream& stream, std::size_t i) {
         if (i % 12 == 7) player.push_caps(text(stream.caps, ", version=", i));
         player.push(stream.packets[i], i % 12 == 7 ? GST_CLOCK_TIME_NONE : rounded(stream, i),
                     stream.duration);
       }},
      {"Backwards",
       [](Player& player, const Stream& stream, std::size_t i) {
         if (i == 0) {
           GstSegment segment;
           gst_segment_init(&segment, GST_FORMAT_TIME);
           segment.rate = -1;
           segment.stop = GST_SECOND;
           player.push(gst_event_new_segment(&segment));
         }
         const std::size_t back = i / 4 * 4;  // groups of four, the last one first
         const std::size_t at = 36 - back + i % 4;
         if (i < 40) player.push(stream.packets[at], at * stream.duration, stream.duration, i % 4 == 0);
       }},
  };
}

Log play(const Stream& stream, const Script& script, bool directly) {
  Player player(stream.decoder, stream.caps, directly);
  for (std::size_t i = 0; i < stream.packets.size(); ++i) script(player, stream, i);
  player.push(gst_event_new_eos());
  return player.log();
}

class DirectWay : public testing::TestWithParam<Course> {};

TEST_P(DirectWay, GivesWhatTheBaseClassGives) {
  for (const Stream& stream : {opus_stream(), mp3_stream()}) {
    SCOPED_TRACE(stream.decoder);
    const Log with = play(stream, GetParam().script, true), without = play(stream, GetParam().script, false);
    EXPECT_GT(std::ranges::count_if(without, [](const auto& line) { return line.starts_with("buffer"); }),
              15);
    ASSERT_EQ(with.size(), without.size());
    for (std::size_t i = 0; i < with.size(); ++i) EXPECT_EQ(with[i], without[i]) << i;
  }
}

INSTANTIATE_TEST_SUITE_P(Courses, DirectWay, testing::ValuesIn(courses()),
                         [](const auto& course) { return std::string(course.param.name); });

/// A stream whose caps say less than its packets: the format changes between two of them.
TEST(DirectWayOfMp3, FollowsAChangeOfTheRateBetweenPackets) {
  Stream stream = mp3_stream();
  stream.packets.resize(12);
  const auto slower =
      packets_of(mp3::Encoder(44100, 2, {.bitrate_kbps = 128, .codec_rate = 44100}), 44100, 2);
  stream.packets.insert(stream.packets.end(), slower.begin(), slower.begin() + 12);
  const Script untimed = [](Player& player, const Stream& all, std::size_t i) {
    player.push(all.packets[i], i == 0 ? 0 : GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE);
  };
  const Log with = play(stream, untimed, true), without = play(stream, untimed, false);
  ASSERT_EQ(with.size(), without.size());
  EXPECT_EQ(
      std::count_if(with.begin(), with.end(), [](const auto& line) { return line.starts_with("caps"); }), 2);
  EXPECT_NE(with[with.size() - 2].find(" for 26122"), std::string::npos) << with[with.size() - 2];
}

}  // namespace
}  // namespace mpq::test
