# SPDX-FileCopyrightText: The mpq developers
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs gst-launch-1.0 lines and reads the results' files that they leave: for the programs in Python of this tree."""
import collections
import json
import math
import re
import shlex
import subprocess


# The last pooled result of a metric; frames: how many were pooled.
Pooled = collections.namedtuple("Pooled", "value unit details frames", defaults=[math.nan, "", {}, 0])


class Failed(Exception):
    """A line did not work; the text is what GStreamer said."""


def quoted(value):
    return shlex.quote(str(value))


def launch(line, time_limit=None, log=None):
    """Runs what stands behind gst-launch-1.0; all that it says is appended to the file `log`. Raises Failed, also
    where it takes more than `time_limit` seconds."""
    try:
        done = subprocess.run(["gst-launch-1.0", *shlex.split(line)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace", timeout=time_limit)
    except subprocess.TimeoutExpired as error:
        raise Failed(f"not done after {time_limit} s: gst-launch-1.0 {line}") from error
    except FileNotFoundError as error:
        raise Failed("gst-launch-1.0 is missing: install gstreamer1.0-tools, or start this by ./mpq run") from error
    if log is not None:
        with open(log, "a", encoding="utf-8") as file:
            file.write(f"gst-launch-1.0 {line}\n{done.stdout}\n")
    if done.returncode != 0:
        raise Failed(reason(done.stdout))


def reason(output):
    """The errors out of what gst-launch-1.0 printed, with the additional information that follows them."""
    found = re.findall(r"^(?:ERROR|WARNING|erroneous)[^\n]*(?:\nAdditional debug info:\n[^\n]*(?:\n(?!\S*:|ERROR)[^\n]+)?)?",
                       output, re.MULTILINE)
    missing = "\nA decoder is missing; for most films: apt-get install gstreamer1.0-libav" if "missing" in output else ""
    return "\n".join(found or output.strip().splitlines()[-5:]) + missing


def pooled(path, metric):
    """Pooled; its value is NaN where the file has no such result, or is not there."""
    found = Pooled()
    if path.exists():
        for line in path.read_text(encoding="utf-8").splitlines():
            result = json.loads(line)
            if result.get("metric") == metric and result.get("scope") == "pooled":
                found = Pooled(number(result.get("value")), result.get("unit", ""), result.get("details") or {},
                               result.get("index", 0))
    return found


def number(value):
    """JSON has no infinity or NaN: results files write them as text, which float() reads."""
    return math.nan if value is None else float(value)


def text_table(lines, left):
    """Lines of cells as text, the first `left` columns to the left, the others to the right."""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join("  ".join(cell.ljust(width) if column < left else cell.rjust(width)
                               for column, (cell, width) in enumerate(zip(line, widths))).rstrip()
                     for line in lines)
