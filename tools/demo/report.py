# SPDX-FileCopyrightText: The mpq developers
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reads the results files of one line and writes tables out of them."""
import collections

import gst_line
from gst_line import number, pooled

# What was measured of one codec on one source; NaN where a file lacks it.
Row = collections.namedtuple("Row", "source codec rate rate_unit bits_per_second ratio psnr encode decode speed_unit")

HEADINGS = ["source", "codec", "setting", "rate", "ratio", "PSNR", "encode", "decode"]


def read_row(source, codec, folder, stem):
    rate = pooled(folder / f"{stem}-rate.jsonl", "rate")
    psnr = pooled(folder / f"{stem}-psnr.jsonl", "psnr")
    encode = pooled(folder / f"{stem}-encode.jsonl", "speed")
    decode = pooled(folder / f"{stem}-decode.jsonl", "speed")
    quality = psnr.value
    if codec.kind == "audio":  # windows of silence would rule the mean of the windows' values
        quality = number(psnr.details.get("psnr-of-mse", psnr.value))
    return Row(source, codec, rate.value, rate.unit, number(rate.details.get("bit-rate")),
               number(rate.details.get("compression-ratio")), quality, encode.value, decode.value, encode.unit)


def rate_text(row):
    if row.codec.kind == "audio":
        return f"{row.bits_per_second / 1000:.2f} kbit/s"
    return f"{row.rate:.3f} {row.rate_unit}"


def cells(row):
    def speed(value):
        return f"{value:.{0 if value >= 10 else 1}f} {row.speed_unit}"
    return [row.source, row.codec.name, row.codec.setting, rate_text(row), f"{row.ratio:.0f}:1",
            f"{row.psnr:.2f} dB", speed(row.encode), speed(row.decode)]


def text_table(rows):
    return gst_line.text_table([HEADINGS] + [cells(row) for row in rows], left=3)


def caption(row):
    """What stands above a picture of the contact sheet."""
    return f"{row.codec.name} {row.codec.setting}: {rate_text(row)}, {row.ratio:.0f}:1, {row.psnr:.2f} dB"


def markdown(rows, lines, machine, notes):
    """The whole report; `lines` is [(title, gst-launch line)]."""
    table = [HEADINGS, ["---"] * 3 + ["---:"] * 5] + [cells(row) for row in rows]
    parts = ["# What mpq measured", "", *("| " + " | ".join(line) + " |" for line in table), "", *notes, "",
             f"Measured on {machine}.", "", "## The lines that were run", "",
             "Each runs again with `./mpq run` before it, in the folder where the demonstration was started.", ""]
    for title, line in lines:
        parts += [f"{title}:", "", "```", f"gst-launch-1.0 {line}", "```", ""]
    return "\n".join(parts)
