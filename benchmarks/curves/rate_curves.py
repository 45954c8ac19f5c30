#!/usr/bin/env python3
# SPDX-FileCopyrightText: The mpq developers
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Rate against PSNR, and against LPIPS where its weights are given, of codecs on a folder of pictures.

Writes curves.csv, curves.svg and, with --lpips, curves-lpips.svg, and prints each codec's BD-rate. See docs/curves.md.
"""
import argparse
import math

import codings
import measure
from bd_rate import NotComparable, bd_rate
from figure import Curve, Point, line_chart
from measure import QUEUE, RGB, Failed, quoted, text_table


def parser():
    result = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    codings.add_arguments(result)
    result.add_argument("--lpips", metavar="FILE", nargs="+", default=[],
                        help="LPIPS' weights: one file with everything, or linear layers and torchvision's network")
    result.add_argument("--anchor", metavar="CURVE", default="WebP", help="what BD-rates are of (WebP, or the first)")
    return result


def line_of(coding, arguments, results):
    """One pass over the folder: original and decoded pictures meet in mpqpsnr, and then in mpqlpips."""
    parts = [f"mpqfoldersrc folder={quoted(arguments.images)} ! {RGB} ! tee name=t",
             f"t. ! {QUEUE} ! psnr.ref_sink",
             f"t. ! {QUEUE} ! {measure.coded(coding, results)} ! psnr.dist_0"]
    end = f"mpqpsnr name=psnr {results.location('psnr')}"
    if arguments.lpips:
        files = " ".join(f"{name}={quoted(file)}" for name, file in zip(("model-file", "backbone-file"), arguments.lpips))
        parts += [f"{end} ! lpips.dist_0", f"t. ! {QUEUE} ! lpips.ref_sink"]
        end = f"mpqlpips name=lpips {files} precision=float32 threads={arguments.threads} {results.location('lpips')}"
    return " ".join([*parts, end]) + " ! fakesink"


def measure_point(coding, arguments):
    """The columns of one point, means over the pictures; the rate is all bytes over all pixels."""
    name = f"{coding.curve}-{coding.setting}"
    results = measure.Results(arguments.output, name)
    measure.launch(line_of(coding, arguments, results))
    found = {metric: results.pooled(metric) for metric in ["rate", "psnr", *(["lpips"] if arguments.lpips else [])]}
    images = measure.same_number(name, [pooled.frames for pooled in found.values()])
    return {"images": images, "bits_per_pixel": found.pop("rate").value,
            **{metric: pooled.value for metric, pooled in found.items()}}


def qualities(points, metric):
    """[(rate, quality)]: more is better, in dB."""
    def quality(values):
        if metric == "psnr":
            return values["psnr"]
        return -10 * math.log10(values["lpips"]) if values["lpips"] > 0 else math.inf
    return [(values["bits_per_pixel"], quality(values)) for _, values in points]


def count(curves):
    return next(iter(curves.values()))[0][1]["images"]


def bd_cell(anchor, test, metric):
    try:
        found = bd_rate(qualities(anchor, metric), qualities(test, metric))
    except NotComparable as error:
        return str(error)
    return f"{found.percent:+.1f} % from {found.low:.2f} to {found.high:.2f} dB"


def report(curves, anchor, metrics):
    """The text of the tables."""
    anchor = anchor if anchor in curves else next(iter(curves))
    points = [["codec", "setting", "bit/pixel", *metrics]]
    for name, measured in curves.items():
        points += [[name, setting, f"{values['bits_per_pixel']:.4f}", *(f"{values[metric]:.4f}" for metric in metrics)]
                   for setting, values in measured]
    parts = [f"{count(curves)} pictures", "", text_table(points, left=2)]
    if len(curves) > 1:
        rates = [["", *metrics]] + [[name, *(bd_cell(curves[anchor], measured, metric) for metric in metrics)]
                                    for name, measured in curves.items() if name != anchor]
        parts += ["", f"BD-rate against {anchor}: bits more (+) or fewer (-) at the same quality (of LPIPS: -10 log10)", "",
                  text_table(rates, left=1 + len(metrics))]
    return "\n".join(parts)


def draw(curves, metric, label, path):
    """Points of pictures that are all identical have no PSNR and are not drawn."""
    drawn = [Curve(name, [Point(values["bits_per_pixel"], values[metric]) for _, values in points
                          if math.isfinite(values[metric])]) for name, points in curves.items()]
    if not any(curve.points for curve in drawn):
        raise Failed(f"no point has a finite {metric.upper()}, so there is no figure: is all coded without loss?")
    title = f"Rate and {metric.upper()}, {count(curves)} pictures"
    path.write_text(line_chart(title, "bit/pixel, all bytes of the frames", label, drawn), encoding="utf-8")


def main(arguments):
    wanted = codings.codings(arguments)
    if arguments.anchor != "WebP" and arguments.anchor not in {coding.curve for coding in wanted}:
        raise codings.Misused(f"no curve is called '{arguments.anchor}': there are "
                              + ", ".join({coding.curve: None for coding in wanted}))
    if len(arguments.lpips) > 2:
        raise codings.Misused("--lpips takes one file or two")
    curves = measure.measure_all(wanted, lambda coding: measure_point(coding, arguments), arguments.output / "curves.csv")
    draw(curves, "psnr", "PSNR in dB, mean over pictures", arguments.output / "curves.svg")
    if arguments.lpips:
        draw(curves, "lpips", "LPIPS, mean over pictures (less is better)", arguments.output / "curves-lpips.svg")
    print(report(curves, arguments.anchor, ["psnr", *(["lpips"] if arguments.lpips else [])]))


if __name__ == "__main__":
    codings.run(main, parser())
