# SPDX-FileCopyrightText: The mpq developers
# SPDX-License-Identifier: LGPL-2.1-or-later
"""A line chart as SVG: axes, curves with markers, error bars, a legend, horizontal lines to compare with."""
import collections
import math
from xml.sax.saxutils import escape

# low, high: ends of the error bar, or None.
Point = collections.namedtuple("Point", "x y low high", defaults=[None, None])
Curve = collections.namedtuple("Curve", "name points")
# A horizontal line with a band from low to high around it.
Level = collections.namedtuple("Level", "name y low high")

LEFT, TOP, WIDTH, HEIGHT = 76, 48, 560, 380  # pixels
COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9"]  # Okabe and Ito: also for the colour-blind
MARKERS = ["M-4,-4h8v8h-8z", "M0,-5.5L5.5,4.5H-5.5z", "M0,-6L6,0L0,6L-6,0z", "M-4.5,0a4.5,4.5 0 1,0 9,0a4.5,4.5 0 1,0 -9,0z",
           "M0,5.5L5.5,-4.5H-5.5z", "M-5,-2h3v-3h4v3h3v4h-3v3h-4v-3h-3z"]


class Axis:
    """Where values come to lie: `begin` and `end` are the pixels of the ends of [low, high]."""

    def __init__(self, values, begin, end, from_zero):
        low, high = (0.0 if from_zero else min(values)), max(values)
        margin = (high - low or abs(high) or 1) * 0.04
        self.low, self.high = low if from_zero else low - margin, high + margin
        self.begin, self.end = begin, end

    def at(self, value):
        return self.begin + (value - self.low) / (self.high - self.low) * (self.end - self.begin)

    def ticks(self):
        """Five to ten round values with as many digits as they need."""
        raw = (self.high - self.low) / 10
        power = 10.0 ** math.floor(math.log10(raw))
        step = next(factor for factor in (1, 2, 5, 10) if factor * power >= raw * 0.999) * power
        digits = max(0, -math.floor(math.log10(step) + 1e-9))
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [(i * step, f"{i * step:.{digits}f}") for i in range(first, last + 1)]


def line_chart(title, x_label, y_label, curves, levels=()):
    """SVG text. The x axis begins at 0. Points must be finite, and there must be one."""
    points = [point for curve in curves for point in curve.points]
    heights = [value for part in (*points, *levels) for value in (part.y, part.low, part.high) if value is not None]
    x = Axis([point.x for point in points], LEFT, LEFT + WIDTH, from_zero=True)
    y = Axis(heights, TOP + HEIGHT, TOP, from_zero=False)
    total_width = LEFT + WIDTH + 72 + 8 * max(len(part.name) for part in (*curves, *levels))
    total_height = TOP + HEIGHT + 64
    parts = [f"<svg xmlns='http://www.w3.org/2000/svg' width='{total_width}' height='{total_height}' "
             f"viewBox='0 0 {total_width} {total_height}' font-family='DejaVu Sans, sans-serif' font-size='13'>",
             "<rect width='100%' height='100%' fill='white'/>",
             text(LEFT, TOP - 18, title, extra=" font-size='16'"), *axes(x, y, x_label, y_label)]
    for level in levels:
        parts += draw_level(level, y)
    for i, curve in enumerate(curves):
        parts += draw_curve(curve, x, y, COLOURS[i % len(COLOURS)], MARKERS[i % len(MARKERS)])
    return "\n".join([*parts, *legend(curves, levels), "</svg>"]) + "\n"


def text(x, y, words, anchor="start", extra=""):
    return f"<text x='{x:.1f}' y='{y:.1f}' text-anchor='{anchor}'{extra}>{escape(words)}</text>"


def line(x1, y1, x2, y2, style):
    return f"<line x1='{x1:.1f}' y1='{y1:.1f}' x2='{x2:.1f}' y2='{y2:.1f}' {style}/>"


def axes(x, y, x_label, y_label):
    parts = []
    for value, label in x.ticks():
        parts += [line(x.at(value), TOP, x.at(value), TOP + HEIGHT, "stroke='#ddd'"),
                  text(x.at(value), TOP + HEIGHT + 20, label, "middle")]
    for value, label in y.ticks():
        parts += [line(LEFT, y.at(value), LEFT + WIDTH, y.at(value), "stroke='#ddd'"),
                  text(LEFT - 8, y.at(value) + 4.5, label, "end")]
    middle = TOP + HEIGHT / 2
    return parts + [
        f"<rect x='{LEFT}' y='{TOP}' width='{WIDTH}' height='{HEIGHT}' fill='none' stroke='#444'/>",
        text(LEFT + WIDTH / 2, TOP + HEIGHT + 46, x_label, "middle"),
        text(22, middle, y_label, "middle", f" transform='rotate(-90 22 {middle})'")]


def draw_level(level, y):
    top, bottom = y.at(level.high), y.at(level.low)
    return [f"<rect x='{LEFT}' y='{top:.1f}' width='{WIDTH}' height='{bottom - top:.1f}' fill='#000' opacity='0.07'/>",
            line(LEFT, y.at(level.y), LEFT + WIDTH, y.at(level.y), "stroke='#444' stroke-dasharray='6 4'")]


def draw_curve(curve, x, y, colour, marker):
    parts = ["<polyline fill='none' stroke-width='2' stroke='" + colour + "' points='"
             + " ".join(f"{x.at(point.x):.1f},{y.at(point.y):.1f}" for point in curve.points) + "'/>"]
    for point in curve.points:
        at = x.at(point.x)
        if point.low is not None:
            ends = y.at(point.low), y.at(point.high)
            style = f"stroke='{colour}' stroke-width='1.3' opacity='0.7'"
            parts += [line(at, *ends[:1], at, ends[1], style), *(line(at - 4, end, at + 4, end, style) for end in ends)]
        parts.append(f"<path d='{marker}' transform='translate({at:.1f} {y.at(point.y):.1f})' fill='{colour}'/>")
    return parts


def legend(curves, levels):
    begin, parts = LEFT + WIDTH + 18, []
    for i, curve in enumerate(curves):
        at, colour = TOP + 14 + 24 * i, COLOURS[i % len(COLOURS)]
        parts += [line(begin, at, begin + 30, at, f"stroke='{colour}' stroke-width='2'"),
                  f"<path d='{MARKERS[i % len(MARKERS)]}' transform='translate({begin + 15} {at})' fill='{colour}'/>",
                  text(begin + 38, at + 4.5, curve.name)]
    for i, level in enumerate(levels):
        at = TOP + 14 + 24 * (len(curves) + i)
        parts += [line(begin, at, begin + 30, at, "stroke='#444' stroke-dasharray='6 4'"),
                  text(begin + 38, at + 4.5, level.name)]
    return parts
