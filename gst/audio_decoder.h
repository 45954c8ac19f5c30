// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// Base of every audio decoder: one packet in, its samples out, without the codec's delay and padding.
#pragma once

#include <gst/audio/gstaudiodecoder.h>

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "gst/audio.h"
#include "gst/buffer_recycler.h"
#include "gst/element.h"
#include "gst/stopwatch.h"

namespace mpq::gst {

/// One decoded packet. The samples belong to the decoder and stay valid until its next call.
struct DecodedPacket {
  AudioView audio;              ///< frames 0: the packet holds no audio (a header)
  int rate = 0;                 ///< Hz
  std::int64_t clip_start = 0;  ///< samples at the start, end to drop, as the stream itself tells; a clipping
  std::int64_t clip_end = 0;    ///< meta on the packet's buffer takes precedence
  std::string warning;          ///< empty, or what was wrong with it
};

/// A packet in a run of bytes: drop `skip` of them, then it takes `length`; 0: the rest is still to come.
struct PacketPosition {
  std::size_t skip = 0;
  std::size_t length = 0;
};

class AudioDecoder : public Element {
 public:
  /// A new stream with these caps, to be decoded to this sample format, or to floats, which are rounded to
  /// it. Throws Error.
  virtual void set_format(const GstCaps* caps, SampleFormat output) = 0;

  /// Whether the stream comes in buffers that are not packets; find_packet() then cuts it.
  virtual bool is_unparsed() const { return false; }

  /// The first packet in `data`, where it lies whole (skip + length is at most its size); `at_end`: nothing
  /// follows.
  virtual PacketPosition find_packet(std::span<const std::uint8_t> data, bool at_end) {
    static_cast<void>(at_end);
    return {0, data.size()};
  }

  /// Throws Error for a packet that cannot be decoded; the next may be tried.
  virtual DecodedPacket decode(std::span<const std::uint8_t> packet) = 0;

  /// Nanoseconds of lost packets that conceal() can stand in for at once; 0: it cannot.
  virtual std::uint64_t longest_concealment() const { return 0; }

  /// Stands in for `nanoseconds` of lost packets, rounded to what the codec has; where the user set plc.
  virtual DecodedPacket conceal(std::uint64_t nanoseconds) {
    static_cast<void>(nanoseconds);
    return {};
  }

  /// Forgets the past, after a seek.
  virtual void reset() = 0;

  /// Puts GStreamer's channel positions for so many channels into `positions`.
  virtual void channel_positions(int channels, GstAudioChannelPosition* positions) const;

  /// Hz of the clipping meta's unit, or 0 for the decoded rate.
  virtual int clip_rate() const { return 0; }

  static KindInfo kind();

  std::vector<Result> pooled() const override;
  void reset_results() override { work_ = {}; }

 private:
  struct Glue;

  /// Samples of a packet that are kept.
  struct Kept {
    std::int64_t start = 0, count = 0;
  };
  enum class Share { all, part };  // of an input buffer

  GstFlowReturn decode_packet(GstBuffer* input);
  std::optional<DecodedPacket> decode_and_count(std::span<const std::uint8_t> packet);
  GstFlowReturn conceal_gap(GstBuffer* input);
  GstFlowReturn push(const DecodedPacket& packet, GstBuffer* input, Share share = Share::all);
  static Kept cut(const DecodedPacket& packet, std::int64_t clip_start, std::int64_t clip_end);
  void fill(GstBuffer* output, const DecodedPacket& packet, const Kept& kept) const;
  void write(std::uint8_t* output, const DecodedPacket& packet, const Kept& kept) const;
  BufferPtr new_direct_output(const DecodedPacket& packet, const Kept& kept);
  bool set_output(const DecodedPacket& packet);
  static Error not_taken(const DecodedPacket& packet);
  void report_damage(const std::string& what, const std::string& cause);
  SampleFormat choose_sample_format() const;

  /// Packets of an unbroken stream pass the base class by, which takes as long for one as a tenth of its
  /// decoding at low rates. It gets what begins or breaks a stream, and the first packet after that.
  struct Direct {
    GstPadChainFunction base_chain = nullptr;
    std::atomic<bool> open = false;
    bool ahead = false;                        ///< has put out what the base class does not know of
    GstClockTime begin = GST_CLOCK_TIME_NONE;  ///< where the base class's output ends
    std::uint64_t samples = 0;                 ///< put out since then
    GstClockTime end = GST_CLOCK_TIME_NONE;    ///< of all output
    GstClockTime tolerance = 0;
    ObjectPtr<GstAllocator> allocator;
    GstAllocationParams parameters{};
    BufferRecycler recycler;  ///< for output where downstream wants no other memory
    bool recycles = false;
  };
  void open_direct(GstBuffer* input);
  void note_put_out(GstBuffer* output);
  void close_direct(const GstEvent* event);
  bool takes_directly(GstBuffer* input);
  GstFlowReturn pass_directly(GstBuffer* input);
  bool is_in_time(GstClockTime time) const;
  void keep_direct_time(GstBuffer* input);

  GstAudioDecoder* base() const { return GST_AUDIO_DECODER_CAST(gobject()); }

  SampleFormat output_format_ = SampleFormat::s16;
  GstAudioInfo output_{};  // rate 0: not negotiated
  std::uint64_t damage_count_ = 0;
  Work work_;
  Direct direct_;
};

}  // namespace mpq::gst
