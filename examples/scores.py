#!/usr/bin/env python3
# SPDX-FileCopyrightText: The mpq developers
# SPDX-License-Identifier: LGPL-2.1-or-later
"""An application with a pipeline inside, like scores.cpp: scores from metas on buffers, and from messages.

Debian packages: python3-gi, gir1.2-gstreamer-1.0.
usage: scores.py [PICTURES]
"""
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402  the version comes first

LINE = """
    videotestsrc num-buffers={} ! video/x-raw,width=320,height=240 ! tee name=t
    t. ! queue ! score.ref_sink
    t. ! queue ! mpqjpegenc ! mpqrate ! mpqjpegdec ! score.dist_0
    mpqpsnr name=score ! appsink name=out sync=false
"""


def describe(result):
    """One mpq-result structure (docs/results.md) as text."""
    return f"{result.get_value('metric')} {result.get_value('value'):g} {result.get_value('unit')}"


def details(result):
    fields = result.get_value("details")
    names = [fields.nth_field_name(i) for i in range(fields.n_fields())]
    return {name: fields.get_value(name) for name in names}


class Application:
    def __init__(self, line):
        self.pipeline = Gst.parse_launch_full(line, None, Gst.ParseFlags.FATAL_ERRORS)
        self.sink = self.pipeline.get_by_name("out")
        self.frames = self.on_buffers = self.in_messages = 0

    def run(self):
        bus = self.pipeline.get_bus()
        self.pipeline.set_state(Gst.State.PLAYING)
        try:
            while True:
                sample = self.sink.emit("try-pull-sample", 20 * Gst.MSECOND)
                if sample:
                    self.show_frame(sample.get_buffer())
                while message := bus.pop():
                    if message.type == Gst.MessageType.EOS:
                        return
                    self.handle(message)
        finally:
            self.pipeline.set_state(Gst.State.NULL)

    def show_frame(self, buffer):
        # Introspection gives the first result on a buffer; its messages and mpq::gst::attached_results give all.
        meta = buffer.get_custom_meta("MpqResultMeta")
        self.on_buffers += meta is not None
        print(f"frame {self.frames}:", describe(meta.get_structure()) if meta else "no score")
        self.frames += 1

    def handle(self, message):
        if message.type == Gst.MessageType.ERROR:
            error, _ = message.parse_error()
            sys.exit(f"scores.py: {error.message}")
        if not message.has_name("mpq-result"):
            return
        result = message.get_structure()
        if result.get_value("scope") == "frame":
            self.in_messages += 1
        else:
            figures = "".join(f", {name} {value:g}" for name, value in details(result).items())
            print(f"{result.get_value('element')}: {describe(result)}{figures}")


def main():
    Gst.init(None)
    application = Application(LINE.format(sys.argv[1] if len(sys.argv) > 1 else 10))
    application.run()
    print("frames:", application.frames)
    print("scores on buffers:", application.on_buffers)
    print("scores in messages:", application.in_messages)


if __name__ == "__main__":
    main()
