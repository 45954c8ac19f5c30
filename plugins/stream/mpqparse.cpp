// SPDX-FileCopyrightText: The mpq developers
// SPDX-License-Identifier: LGPL-2.1-or-later

/**
 * SECTION:element-mpqparse
 * @title: mpqparse
 *
 * Cuts a stream of the learned codecs (docs/bitstream.md), which may come in any pieces, into its frames, one
 * a buffer, and tells their codec and size to the decoder. Only frames whose CRC is right pass: damaged ones,
 * and bytes between frames, are skipped with a warning and counted. decodebin uses it by itself.
 *
 * Files hold no times. The caps in front may name a frame rate, as in `application/x-mpq, framerate=25/1`;
 * otherwise only buffers that come with times leave with times.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 filesrc location=stream.mpq ! application/x-mpq,framerate=25/1 ! mpqparse ! fakesink -m
 * ]|
 */
#include "core/text.h"
#include "gst/parser.h"
#include "stream/frame.h"

namespace mpq::gst {
namespace {

class MpqParse final : public Parser {
 public:
  CapsPtr caps_of(Bytes bytes) override {
    const stream::FrameHeader header = stream::read(bytes).header;
    if (!stream::is_known(header.codec))
      throw Error(ErrorCode::unsupported,
                  text("the frame names codec number ", static_cast<int>(header.codec),
                       ", which this mpq does not know"),
                  "Update mpq");
    return CapsPtr(gst_caps_new_simple("video/x-mpq", "codec", G_TYPE_STRING, stream::name(header.codec),
                                       "width", G_TYPE_INT, static_cast<gint>(header.shape[1]), "height",
                                       G_TYPE_INT, static_cast<gint>(header.shape[0]), nullptr));
  }
  std::optional<std::size_t> scan(Bytes bytes) override { return scanner_.length(bytes); }
  std::optional<std::size_t> declared_length(Bytes bytes) override { return stream::declared_length(bytes); }
  void restart_scan() override { scanner_.reset(); }
  std::size_t find_start(Bytes bytes) override { return stream::find_start(bytes); }

 private:
  stream::FrameScanner scanner_;
};

const ElementInfo info{
    .type_name = "MpqParse",
    .long_name = "MPQ stream parser",
    .klass = "Codec/Parser/Converter/Video",
    .description = "Cuts streams of the learned codecs into frames",
    .pads = {sink_pad("application/x-mpq; video/x-mpq"),
             src_pad("video/x-mpq, codec=(string){ mbt2018, mbt2018-mean, bmshj2018-hyperprior }, "
                     "width=[ 1, 65535 ], height=[ 1, 65535 ], framerate=(fraction)[ 0, max ], "
                     "parsed=(boolean)true")},
    .properties = {},
    .create = [] { return std::make_unique<MpqParse>(); },
};

}  // namespace
}  // namespace mpq::gst

MPQ_DEFINE_RANKED_ELEMENT(mpqparse, GST_RANK_PRIMARY, mpq::gst::Parser, mpq::gst::info)
