#!/usr/bin/env python3
# SPDX-FileCopyrightText: The mpq developers
# SPDX-License-Identifier: LGPL-2.1-or-later
"""How often a Vision Transformer is right about decoded pictures, against their rate.

Writes accuracy.csv and accuracy.svg, with Wilson's intervals of 95 %, and prints them. See docs/curves.md.
"""
import argparse
import pathlib

import codings
import measure
from figure import Curve, Level, Point, line_chart
from measure import RGB, quoted, text_table

UNCODED = "uncoded"


def parser():
    result = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    codings.add_arguments(result)
    result.add_argument("--labels", metavar="FILE", type=pathlib.Path, required=True,
                        help="CSV with the columns file, and index or label, or JSON")
    result.add_argument("--model", metavar="FILE", required=True, help="mpqvit's weights: a file or a name of the store")
    result.add_argument("--head", metavar="FILE", help="a classifier that replaces the model's")
    result.add_argument("--fit", choices=["auto", "squeeze", "crop"], default="auto",
                        help="how pictures become the network's input")
    return result


def line_of(coding, arguments, results):
    path = RGB if coding.curve == UNCODED else f"{RGB} ! {measure.coded(coding, results)}"
    head = f" head-file={quoted(arguments.head)}" if arguments.head else ""
    return (f"mpqfoldersrc folder={quoted(arguments.images)} labels-file={quoted(arguments.labels)} ! {path}"
            f" ! mpqvit model-file={quoted(arguments.model)}{head} fit={arguments.fit} precision=float32"
            f" threads={arguments.threads}"
            f" ! mpqaccuracy {results.location('accuracy')} ! fakesink")


def measure_point(coding, arguments):
    """The columns of one point; the rate is all bytes over all pixels, that of uncoded pictures 24 bits."""
    name = f"{coding.curve}-{coding.setting}"
    results = measure.Results(arguments.output, name)
    measure.launch(line_of(coding, arguments, results))
    accuracy = results.pooled("accuracy")
    counts, rate = [accuracy.frames], 24.0
    if coding.curve != UNCODED:
        pooled = results.pooled("rate")
        rate = pooled.value
        counts.append(pooled.frames)
    return {"images": measure.same_number(name, counts), "bits_per_pixel": rate, "top_1": accuracy.value,
            "low": accuracy.details["top-1-low"], "high": accuracy.details["top-1-high"]}


def report(curves):
    rows = [["codec", "setting", "bit/pixel", "top-1", "95 % interval"]]
    for name, points in curves.items():
        rows += [[name, setting, f"{values['bits_per_pixel']:.4f}", f"{values['top_1']:.4f}",
                  f"{values['low']:.3f} to {values['high']:.3f}"] for setting, values in points]
    images = curves[UNCODED][0][1]["images"]
    return f"{images} pictures\n\n{text_table(rows, left=2)}"


def draw(curves, path):
    _, uncoded = curves[UNCODED][0]
    level = Level(f"uncoded: {uncoded['top_1']:.3f}", uncoded["top_1"], uncoded["low"], uncoded["high"])
    drawn = [Curve(name, [Point(values["bits_per_pixel"], values["top_1"], values["low"], values["high"])
                          for _, values in points])
             for name, points in curves.items() if name != UNCODED]
    path.write_text(line_chart(f"Rate and accuracy, {uncoded['images']} pictures", "bit/pixel, all bytes of the frames",
                               "top-1 accuracy, with intervals of 95 %", drawn, [level]), encoding="utf-8")


def main(arguments):
    wanted = [codings.Coding(UNCODED, "-", "", ""), *codings.codings(arguments)]
    curves = measure.measure_all(wanted, lambda coding: measure_point(coding, arguments),
                                 arguments.output / "accuracy.csv")
    draw(curves, arguments.output / "accuracy.svg")
    print(report(curves))


if __name__ == "__main__":
    codings.run(main, parser())
