#!/usr/bin/env python3
# SPDX-FileCopyrightText: The mpq developers
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tests of benchmarks/curves/bd_rate.py. The expected rates come from the package bjontegaard 1.3.0 (bd_rate with
method='pchip', min_overlap=0 and require_matching_points=False), and agree to 12 digits with the integrals of SciPy
1.17.1's PchipInterpolator."""
import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "benchmarks/curves"))
from bd_rate import NotComparable, bd_rate

# (rate, quality)
JPEG = [(0.1853, 21.6115), (0.2268, 23.6840), (0.2930, 25.7430), (0.3784, 27.1922), (0.4946, 28.6623), (0.6258, 29.8804),
        (0.7722, 30.9772), (0.9412, 32.0325)]
WEBP = [(0.1078, 25.4988), (0.2022, 27.5602), (0.2689, 28.5427), (0.3463, 29.5101), (0.4525, 30.6305), (0.6097, 32.1066),
        (0.7569, 33.2606), (0.9241, 34.3938)]
FLAT = [(0.2139, 25.5183), (0.2817, 26.4437), (0.3699, 27.2102), (0.4691, 27.7199), (0.5893, 28.0628), (0.7303, 28.2799)]
FALLING = [(0.1, 25.0), (0.3, 27.0), (0.28, 28.0), (0.5, 30.0), (1.5, 30.2)]  # the better point of two takes fewer bits
TWO = [(0.1, 25.0), (0.4, 31.0)]
VIDEO = [(9487.76, 40.037), (4593.60, 38.615), (2486.44, 36.845), (1358.24, 34.851)]  # by falling rate
OTHER_VIDEO = [(9787.80, 40.121), (4469.00, 38.651), (2451.52, 36.970), (1356.24, 34.987)]


class BdRate(unittest.TestCase):
    def test_is_what_others_compute(self):
        for anchor, test, expected in ((WEBP, JPEG, 85.51262793057104), (WEBP, FLAT, 108.37435579945986),
                                       (JPEG, FLAT, -3.928561798792518), (VIDEO, OTHER_VIDEO, -4.417485350589045),
                                       (WEBP, FALLING, 38.749584472212106), (WEBP, TWO, -12.133346177790994),
                                       (TWO, JPEG, 120.85362052214256)):
            with self.subTest(expected=expected):
                self.assertAlmostEqual(bd_rate(anchor, test).percent, expected, places=10)

    def test_range_is_what_both_curves_reach(self):
        found = bd_rate(WEBP, JPEG)
        self.assertEqual((found.low, found.high), (25.4988, 32.0325))

    def test_of_twice_the_bits_is_100_percent_whatever_the_order(self):
        twice = [(2 * rate, quality) for rate, quality in reversed(WEBP)]
        self.assertAlmostEqual(bd_rate(WEBP, twice).percent, 100)
        self.assertAlmostEqual(bd_rate(twice, WEBP).percent, -50)

    def test_says_why_there_is_none(self):
        better = [(rate, quality + 10) for rate, quality in WEBP]
        lossless = [(0.1, float("inf")), *TWO[:1]]
        for anchor, test, reason in ((WEBP, better, "no quality is reached by both: 25.50 to 34.39 and 35.50 to 44.39"),
                                     (WEBP, WEBP[:1], "a curve of 1 point: two are needed"),
                                     ([], WEBP, "a curve of 0 points: two are needed"),
                                     (WEBP, lossless, "a curve of 1 point: two are needed"),
                                     (WEBP, [*JPEG, (3, 25.7430)], "two points have the same quality")):
            with self.subTest(reason=reason), self.assertRaisesRegex(NotComparable, reason):
                bd_rate(anchor, test)


if __name__ == "__main__":
    unittest.main()
