# SPDX-FileCopyrightText: The mpq developers
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Measures codings by a gst-launch-1.0 line each over a whole folder of pictures. What scores and classifies computes in
float32, so that figures of different machines compare."""
import csv
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
import gst_line
from gst_line import Failed, quoted, text_table  # the last for the programs

# Branches wait for each other by pictures, however large these are.
QUEUE = "queue max-size-buffers=4 max-size-bytes=0 max-size-time=0"
RGB = "videoconvert ! video/x-raw,format=RGB"


class Results:
    """The files that one line's elements write their results to."""

    def __init__(self, folder, name):
        self.folder, self.stem = folder / "results", re.sub(r"[^\w.-]+", "-", name)
        self.folder.mkdir(parents=True, exist_ok=True)

    def path(self, metric):
        return self.folder / f"{self.stem}-{metric}.jsonl"

    def location(self, metric):
        return f"location={quoted(self.path(metric))}"

    def pooled(self, metric):
        return gst_line.pooled(self.path(metric), metric)


def coded(coding, results):
    """Encoder, meter and decoder. RGB from end to end: a way through YUV would cost a tenth of a dB."""
    return f"{coding.encoder} ! mpqrate {results.location('rate')} ! {coding.decoder} ! video/x-raw,format=RGB"


def launch(line):
    """Raises Failed with the line in full, to be run by hand."""
    try:
        gst_line.launch(line)
    except Failed as error:
        raise Failed(f"{error}\nThe line was:\ngst-launch-1.0 {line}") from error


def same_number(what, counts):
    """How many pictures were measured, if all elements measured as many."""
    if min(counts) < 1 or len(set(counts)) != 1:
        raise Failed(f"{what}: elements measured {', '.join(map(str, counts))} pictures, not all the same and at least one")
    return counts[0]


def measure_all(codings, measure, path):
    """{curve: [(setting, values)]}, `values` as measure(coding) gives them: a dict of columns, all in the table `path` as
    soon as they are known. Settings that make no difference (a model of one rate) count once."""
    curves, writer = {}, None
    with open(path, "w", newline="", encoding="utf-8") as file:
        for coding in codings:
            values = measure(coding)
            points = curves.setdefault(coding.curve, [])
            print(f"{coding.curve} {coding.setting}: " + ", ".join(f"{name} {value:.6g}" for name, value in values.items()),
                  file=sys.stderr, flush=True)
            if points and values == points[-1][1]:
                print(f"{coding.curve}: setting {coding.setting} changes nothing and is left out", file=sys.stderr)
                continue
            points.append((coding.setting, values))
            if writer is None:
                writer = csv.writer(file)
                writer.writerow(["codec", "setting", *values])
            writer.writerow([coding.curve, coding.setting, *values.values()])
            file.flush()
    return curves
