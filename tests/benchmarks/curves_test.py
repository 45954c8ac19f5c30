#!/usr/bin/env python3
# SPDX-FileCopyrightText: The mpq developers
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs the programs of benchmarks/curves on two small pictures, and draws a figure."""
import csv
import math
import pathlib
import struct
import subprocess
import sys
import tempfile
import unittest
import xml.dom.minidom
import zlib

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "benchmarks/curves"), str(ROOT / "tests/docs")]
import codings
import docs_test
import figure

SIZES = {"a.png": (64, 48), "b.png": (48, 80)}  # rows of RGB need no padding


def pixels(width, height):
    """Smooth colours with a little texture, as RGB bytes."""
    return bytes(max(0, min(255, int(128 + 80 * math.sin(x / 9 + colour) * math.cos(y / 7) + (x * 7 + y * 13) % 11)))
                 for y in range(height) for x in range(width) for colour in range(3))


def write_png(path, width, height):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = pixels(width, height)
    raw = b"".join(b"\0" + rows[i:i + 3 * width] for i in range(0, len(rows), 3 * width))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0))
                     + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b""))


def psnr(original, decoded):
    return 10 * math.log10(255**2 * len(original) / sum((a - b)**2 for a, b in zip(original, decoded, strict=True)))


class Curves(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        self.images, self.output = self.folder / "the images", self.folder / "output"
        self.images.mkdir()
        for name, size in SIZES.items():
            write_png(self.images / name, *size)

    def run_program(self, name, *arguments, status=0):
        done = subprocess.run([sys.executable, ROOT / "benchmarks/curves" / name, "--images", self.images, "--output",
                               self.output, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=60)
        self.assertEqual(done.returncode, status, done.stdout)
        return done.stdout

    def table(self, name):
        with open(self.output / name, newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def markers(self, name):
        """How many there are in a figure, the legend's included."""
        return len(xml.dom.minidom.parse(str(self.output / name)).getElementsByTagName("path"))

    def files_of(self, encoding):
        """What a line that ends in files writes, picture by picture."""
        subprocess.run(f"gst-launch-1.0 -q mpqfoldersrc 'folder={self.images}' ! {encoding} ! multifilesink location=%d",
                       shell=True, cwd=self.folder, check=True)
        return [(self.folder / str(i)).read_bytes() for i in range(len(SIZES))]

    def test_rates_are_of_the_files_and_quality_of_their_pixels(self):
        output = self.run_program("rate_curves.py", "--codec", "jpeg", "--codec", "webp", "--points", "jpeg=10,90",
                                  "--points", "webp=0,60,90")
        rows = self.table("curves.csv")
        self.assertEqual([(row["codec"], row["setting"], row["images"]) for row in rows],
                         [("JPEG", "10", "2"), ("JPEG", "90", "2"), ("WebP", "0", "2"), ("WebP", "60", "2"),
                          ("WebP", "90", "2")])
        encoder = "mpqwebpenc method=6 quality=60"
        bits = 8 * sum(map(len, self.files_of(encoder))) / sum(width * height for width, height in SIZES.values())
        self.assertAlmostEqual(float(rows[3]["bits_per_pixel"]), bits)
        decoded = self.files_of(f"{encoder} ! mpqwebpdec ! video/x-raw,format=RGB")
        mean = sum(psnr(pixels(*size), picture) for size, picture in zip(SIZES.values(), decoded)) / len(SIZES)
        self.assertAlmostEqual(float(rows[3]["psnr"]), mean)
        self.assertRegex(output, r"(?m)^JPEG +[+-][\d.]+ % from [\d.]+ to [\d.]+ dB$")
        self.assertEqual(self.markers("curves.svg"), 5 + 2)

    def test_settings_that_change_nothing_count_once(self):
        output = self.run_program("rate_curves.py", "--codec", "jpeg", "--points", "jpeg=10,10,90")
        self.assertIn("setting 10 changes nothing", output)
        self.assertEqual([row["setting"] for row in self.table("curves.csv")], ["10", "90"])

    def test_accuracy_has_intervals(self):
        if subprocess.run(["gst-inspect-1.0", "mpqvit"], stdout=subprocess.DEVNULL).returncode != 0:
            self.skipTest("mpqvit is not built")
        docs_test.write_vit(self.folder / "vit.safetensors")  # it always says class 0
        labels = self.folder / "labels.csv"
        labels.write_text("file,index\na.png,0\nb.png,1\n")
        self.run_program("accuracy_curves.py", "--labels", labels, "--model", self.folder / "vit.safetensors", "--codec",
                         "jpeg", "--points", "jpeg=10", "--threads", "1")
        uncoded, jpeg = self.table("accuracy.csv")
        self.assertEqual(float(uncoded["bits_per_pixel"]), 24)
        for row in uncoded, jpeg:
            self.assertEqual(float(row["top_1"]), 0.5)
            self.assertAlmostEqual(float(row["low"]), 0.0945, places=4)  # Wilson's interval of 1 in 2
            self.assertAlmostEqual(float(row["high"]), 0.9055, places=4)
        self.assertEqual(self.markers("accuracy.svg"), 1 + 1)

    def test_a_line_that_fails_is_shown_with_its_error(self):
        missing = self.folder / "missing.pth"
        output = self.run_program("rate_curves.py", "--codec", "jpeg", "--lpips", missing, status=1)
        self.assertRegex(output, f"{missing}|no element \"mpqlpips\"")  # the latter where it is not built
        self.assertRegex(output, r"(?m)^gst-launch-1.0 mpqfoldersrc folder='.*the images' ! .*mpqjpegenc quality=3 ")
        (self.images / "b.png").write_bytes((self.images / "a.png").read_bytes()[:-50])
        output = self.run_program("rate_curves.py", "--codec", "jpeg", status=1)
        self.assertRegex(output, r"b\.png")
        self.assertIn("\ngst-launch-1.0 mpqfoldersrc", output)

    def test_what_cannot_be_asked_for_is_said(self):
        for arguments, answer in ((("--codec", "jxl"), "no codec is called 'jxl': there are jpeg, webp"),
                                  (("--codec", "jpeg", "--points", "jpeg="), "qualities are whole numbers"),
                                  (("--codec", "jpeg", "--points", "webp=5"), "--points webp without --codec webp"),
                                  (("--codec", "jpeg", "--codec", "jpeg"), "two curves are called 'JPEG'"),
                                  (("--codec", "jpeg=x"), "JPEG takes no model"),
                                  (("--codec", "jpeg", "--anchor", "BPG"), "no curve is called 'BPG': there are JPEG"),
                                  (("--codec", "jpeg", "--images", self.folder / "none"), "there is no such folder")):
            with self.subTest(answer=answer):
                self.assertIn(answer, self.run_program("rate_curves.py", *arguments, status=2))

    def test_models_make_points_of_one_curve(self):
        def settings(*models):
            curve = codings.curve(codings.CODECS["mbt2018"], models, 1, [5, 6], set())
            self.assertTrue(all(coding.encoder.startswith("mpqmbt2018enc model-file=") for coding in curve))
            return [(coding.curve, coding.setting) for coding in curve]
        self.assertEqual(settings(), [("mbt2018-nano", "5"), ("mbt2018-nano", "6")])
        self.assertEqual(settings("a/b c.pth"), [("mbt2018 b c", "5"), ("mbt2018 b c", "6")])
        self.assertEqual(settings("mbt2018-1", "mbt2018-2"), [("mbt2018-1", "mbt2018-1"), ("mbt2018-1", "mbt2018-2")])

    def test_a_figure_is_well_formed_and_escapes_names(self):
        curves = [figure.Curve("a < b & c", [figure.Point(0.1, 0.5, 0.4, 0.6)])]
        svg = figure.line_chart("t", "x", "y", curves, [figure.Level("<all>", 0.9, 0.8, 0.95)])
        texts = [node.firstChild.data for node in xml.dom.minidom.parseString(svg).getElementsByTagName("text")]
        self.assertTrue({"a < b & c", "<all>", "0.5", "0.9"} <= set(texts), texts)

    def test_ticks_are_round_and_within(self):
        for low, high, expected in ((0, 1, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]), (0, 0.05, ["0.00", "0.01"]),
                                    (0, 3000, ["0", "500", "1000"])):
            axis = figure.Axis([low, high], 0, 100, from_zero=True)
            self.assertEqual([label for _, label in axis.ticks()][:len(expected)], expected)
            self.assertTrue(all(0 <= axis.at(value) <= 100 for value, _ in axis.ticks()))


if __name__ == "__main__":
    unittest.main()
