#!/usr/bin/python3
# SPDX-FileCopyrightText: The mpq developers
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs a line with a live source for some time and prints what came out of it: frames that reached its sinks and results
of each metric, how many a second and how late, memory on the way, and the pooled results.

  ./mpq run benchmarks/live.py --seconds 600 'videotestsrc is-live=true ! ... ! fakesink'

Lag is the clock's running time at which a frame reaches a sink, or its result the bus, less the frame's own."""
import argparse
import resource
import sys
import time

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402  the version comes first

PAGE = resource.getpagesize()


def memory():
    """Resident megabytes of this process."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * PAGE / 1e6


def every(iterator):
    """The elements of a GstIterator."""
    found, element = iterator.next()
    while found == Gst.IteratorResult.OK:
        yield element
        found, element = iterator.next()


class Lags:
    """Of one kind of event: how many came, and how late."""

    def __init__(self):
        self.milliseconds = []

    def add(self, lag):
        self.milliseconds.append(lag / Gst.MSECOND)

    def line(self, seconds):
        lags = sorted(self.milliseconds)

        def share(part):
            return lags[min(len(lags) - 1, int(part * len(lags)))]
        return (f"{len(lags)} = {len(lags) / seconds:.2f}/s; lag {share(0.5):.0f} ms (median), {share(0.95):.0f} (95 %), "
                f"{lags[-1]:.0f} (most)")


def describe(result):
    """A result's value, unit and details in one line."""
    details = result.get_value("details")
    parts = [(details.nth_field_name(i), details.get_value(details.nth_field_name(i))) for i in range(details.n_fields())]
    return " ".join([f"{result.get_double('value').value:.5g} {result.get_string('unit')}".strip(),
                     *(f"{name}={value:.5g}" for name, value in parts)])


class Run:
    def __init__(self, line, seconds):
        self.pipeline, self.seconds = Gst.parse_launch(line), seconds
        self.sent, self.lags, self.memory, self.pooled, self.qos, self.error = {}, {}, [], {}, 0, None
        self.loop = GLib.MainLoop()

    def now(self):
        return self.pipeline.get_clock().get_time() - self.pipeline.get_base_time()

    def on_sent(self, _pad, _info, name):
        self.sent[name] = self.sent.get(name, 0) + 1
        return Gst.PadProbeReturn.OK

    def on_buffer(self, pad, info, name):
        buffer = info.get_buffer()
        if buffer.pts == Gst.CLOCK_TIME_NONE:
            return Gst.PadProbeReturn.OK
        segment = pad.get_sticky_event(Gst.EventType.SEGMENT, 0).parse_segment()
        running = segment.to_running_time(Gst.Format.TIME, buffer.pts)
        self.lags.setdefault(name, Lags()).add(self.now() - running)
        return Gst.PadProbeReturn.OK

    def on_message(self, _, message):
        if message.type == Gst.MessageType.LATENCY:
            self.pipeline.recalculate_latency()
        elif message.type == Gst.MessageType.QOS:
            self.qos += 1
        elif message.type == Gst.MessageType.ERROR:
            self.error = message.parse_error()[0].message
            self.loop.quit()
        elif message.type == Gst.MessageType.EOS:
            self.loop.quit()
        structure = message.get_structure()
        if structure is not None and structure.get_name() == "mpq-result":
            self.on_result(structure)

    def on_result(self, result):
        metric, scope = result.get_string("metric"), result.get_string("scope")
        name = f"{result.get_string('element')} {metric} {result.get_string('input') or ''}".strip()
        if scope == "frame":
            running = result.get_uint64("running-time")
            if running[0]:
                self.lags.setdefault(name, Lags()).add(self.now() - running.value)
        elif scope == "pooled":
            self.pooled[name] = describe(result)

    def sample_memory(self):
        self.memory.append(memory())
        return True

    def end(self):
        self.pipeline.send_event(Gst.Event.new_eos())
        return False

    def run(self):
        for elements, pad_name, watch in ((self.pipeline.iterate_sources(), "src", self.on_sent),
                                     (self.pipeline.iterate_sinks(), "sink", self.on_buffer)):
            for element in every(elements):
                for found in [pad for pad in element.pads if pad.get_name().startswith(pad_name)]:
                    found.add_probe(Gst.PadProbeType.BUFFER, watch, element.get_name())
        bus = self.pipeline.get_bus()
        bus.add_signal_watch()
        bus.connect("message", self.on_message)
        self.pipeline.set_state(Gst.State.PLAYING)
        start = time.monotonic()
        GLib.timeout_add_seconds(self.seconds, self.end)
        GLib.timeout_add_seconds(max(1, self.seconds // 60), self.sample_memory)
        self.loop.run()
        took = time.monotonic() - start
        self.pipeline.set_state(Gst.State.NULL)
        return took

    def print(self, took):
        for name, count in sorted(self.sent.items()):
            print(f"{name}: {count} sent in {took:.1f} s")
        for name, lags in sorted(self.lags.items()):
            print(f"{name}: {lags.line(took)}")
        third = len(self.memory) // 3
        if third > 0:
            print(f"memory: {max(self.memory[third:-third]):.0f} MB at most in the second third of the time, "
                  f"{max(self.memory[-third:]):.0f} in the last")
        print(f"QoS messages: {self.qos}")
        for name, result in sorted(self.pooled.items()):
            print(f"{name}: {result}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("line", help="what would stand behind gst-launch-1.0")
    parser.add_argument("--seconds", type=int, default=60, help="default: 60")
    options = parser.parse_args()
    Gst.init(None)
    try:
        run = Run(options.line, options.seconds)
    except GLib.Error as error:
        return f"live.py: {error.message}"
    took = run.run()
    run.print(took)
    return f"live.py: {run.error}" if run.error else 0


if __name__ == "__main__":
    sys.exit(main())
