#!/usr/bin/env python3
# SPDX-FileCopyrightText: The mpq developers
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A live camera, compressed, decoded and scored while it runs, never far behind.

The codec's branch begins with a queue that keeps the two newest frames and lets older ones go: a slow codec loses
frames instead of falling behind, and mpqpsnr counts each of them as missing. The original's branch keeps all.
Without a camera at /dev/video0 a live test picture takes its place.

Debian packages: python3-gi, gir1.2-gstreamer-1.0.
usage: camera.py [--seconds N] [--codec 'mpqjpegenc ! mpqjpegdec'] [--burden MS]
"""
import argparse
import os
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402  the version comes first

CAMERA = "v4l2src device=/dev/video0 ! videoconvert ! video/x-raw,format=I420"
TEST_PICTURE = "videotestsrc is-live=true pattern=ball ! video/x-raw,format=I420,width=640,height=480,framerate=30/1"
LINE = """
    {source} ! tee name=camera
    camera. ! queue max-size-time=3000000000 max-size-buffers=0 max-size-bytes=0 ! score.ref_sink
    camera. ! queue leaky=downstream max-size-buffers=2 max-size-time=0 max-size-bytes=0
        ! identity sleep-time={burden} ! {codec} ! video/x-raw,format=I420 ! score.dist_0
    mpqpsnr name=score ! fakesink name=out sync=false
"""


class Camera:
    def __init__(self, options):
        source = CAMERA if os.path.exists("/dev/video0") else TEST_PICTURE
        line = LINE.format(source=source, codec=options.codec, burden=options.burden * 1000)
        self.pipeline = Gst.parse_launch_full(line, None, Gst.ParseFlags.FATAL_ERRORS)
        self.loop = GLib.MainLoop()
        self.captured = 0
        self.lags = []
        self.watch("camera", "sink", self.count)
        self.watch("out", "sink", self.measure_lag)
        bus = self.pipeline.get_bus()
        bus.add_signal_watch()
        bus.connect("message", self.handle)

    def watch(self, element, pad, callback):
        self.pipeline.get_by_name(element).get_static_pad(pad).add_probe(Gst.PadProbeType.BUFFER, callback)

    def run(self, seconds):
        self.pipeline.set_state(Gst.State.PLAYING)
        GLib.timeout_add_seconds(1, self.report)
        GLib.timeout_add_seconds(seconds, self.pipeline.send_event, Gst.Event.new_eos())
        try:
            self.loop.run()
        finally:
            self.pipeline.set_state(Gst.State.NULL)

    def count(self, _pad, _info):
        self.captured += 1
        return Gst.PadProbeReturn.OK

    def measure_lag(self, pad, info):
        """From when the frame was captured (its running time) until now, when its score is there."""
        segment = pad.get_sticky_event(Gst.EventType.SEGMENT, 0).parse_segment()
        captured = segment.to_running_time(Gst.Format.TIME, info.get_buffer().pts)
        now = self.pipeline.get_clock().get_time() - self.pipeline.get_base_time()
        self.lags.append((now - captured) / Gst.MSECOND)
        return Gst.PadProbeReturn.OK

    def report(self):
        if self.lags:
            print(f"lag: {self.lags[-1]:.1f} ms now, {max(self.lags):.1f} ms at most; captured {self.captured}", flush=True)
        return True

    def handle(self, _bus, message):
        if message.type == Gst.MessageType.ERROR:
            print(f"camera.py: {message.parse_error()[0].message}", file=sys.stderr)
            self.captured = None
            self.loop.quit()
        elif message.type == Gst.MessageType.EOS:
            self.loop.quit()
        elif message.has_name("mpq-result") and message.src.get_name() == "score":
            result = message.get_structure()
            if result.get_value("scope") == "pooled":
                self.summarize(result)

    def summarize(self, result):
        details = result.get_value("details")
        print(f"captured: {self.captured}\nscored: {result.get_value('index')}")
        print(f"missing: {details.get_value('missing-frames'):.0f}")
        print(f"psnr: {result.get_value('value'):.2f} dB\nmost lag: {max(self.lags):.1f} ms")


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--seconds", type=int, default=5)
    arguments.add_argument("--codec", default="mpqjpegenc ! mpqjpegdec")
    arguments.add_argument("--burden", type=int, default=0, metavar="MS", help="make each frame take this much longer")
    options = arguments.parse_args()
    Gst.init(None)
    camera = Camera(options)
    camera.run(options.seconds)
    sys.exit(camera.captured is None)


if __name__ == "__main__":
    main()
