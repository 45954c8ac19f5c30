// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// One libopus encoder and its settings (not installed: it includes libopus's headers).
#pragma once

#include <opus/opus_multistream.h>

#include <memory>

#include "codecs/opus/opus_codec.h"

namespace mpq::opus {

/// True for the five rates of libopus.
bool is_opus_rate(int rate);

/// Throws Error(invalid_argument) where libopus could not honor the settings, or would code nothing but
/// noise.
void check(int rate, int channels, const EncoderOptions& options);

/// libopus's plain encoder for one stream, its surround encoder for more.
class EncoderHandle {
 public:
  /// `head` has channels and mapping family; fills its other layout fields. Throws Error(internal) where
  /// libopus fails.
  EncoderHandle(int rate, Application application, Head* head);

  /// Calls a control request; throws Error(internal) that names it where libopus refuses.
  template <class Value>
  void control(const char* name, int request, Value value) {
    require(name, plain_ ? opus_encoder_ctl(plain_.get(), request, value)
                         : opus_multistream_encoder_ctl(surround_.get(), request, value));
  }
  void apply(const EncoderOptions& options);
  void reset();

  /// `samples` are frames * channels of `format`. Returns the packet's bytes; throws Error(internal).
  int encode(SampleFormat format, const void* samples, int frames, std::span<std::uint8_t> packet);

 private:
  static void require(const char* what, int result);

  struct Destroy {
    void operator()(OpusEncoder* e) const { opus_encoder_destroy(e); }
    void operator()(OpusMSEncoder* e) const { opus_multistream_encoder_destroy(e); }
  };
  std::unique_ptr<OpusEncoder, Destroy> plain_;
  std::unique_ptr<OpusMSEncoder, Destroy> surround_;
};

}  // namespace mpq::opus
