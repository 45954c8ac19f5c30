// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

// A meta on coded buffers: how much of them is entropy-coded data, and how much raw signal they stand for.
#pragma once

#include <gst/gst.h>

#include <cstdint>
#include <optional>

namespace mpq::gst {

struct Payload {
  std::uint64_t entropy_coded_bytes = 0;  ///< of the buffer's bytes; the rest is headers, tables, markers
  double raw_units = 0;  ///< frames of video, or samples a channel of the raw audio at the encoder's input
  int raw_rate = 0;      ///< audio: sampling rate of the encoder's input in Hz, 0 for video
  bool gray = false;     ///< video: the encoder's input has no colour
};

/// To a buffer that holds all its bytes already.
void attach_payload(GstBuffer* buffer, const Payload& payload);

/// Nothing where there is none, or where a parser has split or joined buffers since: it would not be true.
std::optional<Payload> attached_payload(GstBuffer* buffer);

}  // namespace mpq::gst
