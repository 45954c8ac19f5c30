# SPDX-FileCopyrightText: The mpq developers
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Bjontegaard's delta rate: how many bits more or fewer a codec takes than another at the same quality.

G. Bjontegaard, "Calculation of average PSNR differences between RD-curves", VCEG-M33, 2001. The logarithm of the rate as
a function of the quality is not his polynomial but a piecewise cubic one that keeps the data's monotonicity
(F. N. Fritsch and J. Butland, "A method for constructing local monotone piecewise cubic interpolants", 1984), as JVET's
common test conditions have it; with two points it is a line.
"""
import bisect
import collections
import math

# percent: -20 means 20 % fewer bits than the anchor; low, high: the range of qualities that both curves reach.
BdRate = collections.namedtuple("BdRate", "percent low high")


class NotComparable(Exception):
    """There is no delta rate of these curves; the text says why."""


def bd_rate(anchor, test):
    """BdRate of two lists of (rate, quality), rates above 0, quality more where it is better."""
    curves = [curve(points) for points in (anchor, test)]
    low = max(qualities[0] for qualities, _ in curves)
    high = min(qualities[-1] for qualities, _ in curves)
    if low >= high:
        raise NotComparable("no quality is reached by both: " + " and ".join(
            f"{qualities[0]:.2f} to {qualities[-1]:.2f}" for qualities, _ in curves))
    means = [integral(*points, low, high) / (high - low) for points in curves]
    return BdRate(100 * math.expm1(means[1] - means[0]), low, high)


def curve(points):
    """(qualities, natural logarithms of the rates), by rising quality."""
    points = sorted((quality, rate) for rate, quality in points if math.isfinite(quality) and rate > 0)
    if len(points) < 2:
        raise NotComparable(f"a curve of {len(points)} point{'s' * (len(points) != 1)}: two are needed")
    qualities = [quality for quality, _ in points]
    if any(a == b for a, b in zip(qualities, qualities[1:])):
        raise NotComparable("two points have the same quality")
    return qualities, [math.log(rate) for _, rate in points]


def slopes(xs, ys):
    """The derivatives at the points."""
    widths = [b - a for a, b in zip(xs, xs[1:])]
    rises = [(b - a) / width for a, b, width in zip(ys, ys[1:], widths)]
    if len(rises) == 1:
        return rises * 2
    inner = [0.0 if left * right <= 0 else
             3 * (before + after) / ((2 * after + before) / left + (after + 2 * before) / right)
             for left, right, before, after in zip(rises, rises[1:], widths, widths[1:])]
    return [end_slope(*widths[:2], *rises[:2]), *inner, end_slope(*widths[:-3:-1], *rises[:-3:-1])]


def end_slope(width, next_width, rise, next_rise):
    """That of the parabola through three points, unless it overshoots."""
    slope = ((2 * width + next_width) * rise - width * next_rise) / (width + next_width)
    if slope * rise <= 0:
        return 0.0
    return 3 * rise if rise * next_rise < 0 and abs(slope) > 3 * abs(rise) else slope


def integral(xs, ys, low, high):
    """Of the interpolant from low to high, both within xs."""
    derivatives = slopes(xs, ys)
    total = 0.0
    for i in range(bisect.bisect_right(xs, low) - 1, len(xs) - 1):
        if xs[i] >= high:
            break
        width = xs[i + 1] - xs[i]
        piece = ys[i], ys[i + 1], width * derivatives[i], width * derivatives[i + 1]
        ends = (min((end - xs[i]) / width, 1.0) for end in (max(low, xs[i]), high))
        begin, end = (antiderivative(t, *piece) for t in ends)
        total += width * (end - begin)
    return total


def antiderivative(t, y0, y1, m0, m1):
    """Of Hermite's cubic on [0, 1] with these ends and derivatives, 0 at 0."""
    a, b = 2 * y0 - 2 * y1 + m0 + m1, -3 * y0 + 3 * y1 - 2 * m0 - m1
    return (((a / 4 * t + b / 3) * t + m0 / 2) * t + y0) * t
