# SPDX-FileCopyrightText: The mpq developers
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Reads the results files of one line and writes tables out of them."""
import collections
import json
import math

# What was measured of one codec on one source; NaN where a file lacks it.
Row = collections.namedtuple("Row", "source codec rate rate_unit bits_per_second ratio psnr encode decode speed_unit")

HEADINGS = ["source", "codec", "setting", "rate", "ratio", "PSNR", "encode", "decode"]


def pooled(path, metric):
    """(value, unit, details) of the last pooled result of a metric, or NaN where there is none."""
    found = (math.nan, "", {})
    if path.exists():
        for line in path.read_text().splitlines():
            result = json.loads(line)
            if result.get("metric") == metric and result.get("scope") == "pooled":
                found = (number(result.get("value")), result.get("unit", ""), result.get("details") or {})
    return found


def number(value):
    """JSON has no infinity or NaN: results files write them as text, which float() reads."""
    return math.nan if value is None else float(value)


def read_row(source, codec, folder, stem):
    rate, rate_unit, rate_details = pooled(folder / f"{stem}-rate.jsonl", "rate")
    psnr, _, psnr_details = pooled(folder / f"{stem}-psnr.jsonl", "psnr")
    encode, speed_unit, _ = pooled(folder / f"{stem}-encode.jsonl", "speed")
    decode, _, _ = pooled(folder / f"{stem}-decode.jsonl", "speed")
    if codec.kind == "audio":  # windows of silence would rule the mean of the windows' values
        psnr = number(psnr_details.get("psnr-of-mse", psnr))
    return Row(source, codec, rate, rate_unit, number(rate_details.get("bit-rate")),
               number(rate_details.get("compression-ratio")), psnr, encode, decode, speed_unit)


def rate_text(row):
    if row.codec.kind == "audio":
        return f"{row.bits_per_second / 1000:.2f} kbit/s"
    return f"{row.rate:.3f} {row.rate_unit}"


def cells(row):
    def speed(value):
        return f"{value:.0f} {row.speed_unit}"
    return [row.source, row.codec.name, row.codec.setting, rate_text(row), f"{row.ratio:.0f}:1",
            f"{row.psnr:.2f} dB", speed(row.encode), speed(row.decode)]


def text_table(rows):
    lines = [HEADINGS] + [cells(row) for row in rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    return "\n".join("  ".join(cell.ljust(width) if column < 3 else cell.rjust(width)
                               for column, (cell, width) in enumerate(zip(line, widths))).rstrip()
                     for line in lines)


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
