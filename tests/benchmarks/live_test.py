# SPDX-FileCopyrightText: The mpq developers
# SPDX-License-Identifier: LGPL-2.1-or-later
"""benchmarks/live.py on short lines."""
import pathlib
import re
import subprocess
import sys
import unittest

PROGRAM = pathlib.Path(__file__).resolve().parents[2] / "benchmarks" / "live.py"


def live(line):
    return subprocess.run([sys.executable, PROGRAM, "--seconds", "2", line], capture_output=True, text=True, timeout=60)


class LiveTest(unittest.TestCase):
    def test_counts_what_is_sent_what_arrives_and_results(self):
        done = live("videotestsrc is-live=true num-buffers=10 ! video/x-raw,width=64,height=48,framerate=20/1 ! "
                    "mpqjpegenc ! mpqrate name=rate ! fakesink name=out")
        self.assertEqual(done.returncode, 0, done.stderr)
        for pattern in (r"videotestsrc\d+: 10 sent", r"out: 10 = [\d.]+/s; lag \d+ ms",
                        r"rate rate: 10 = [\d.]+/s", r"rate rate: [\d.]+ bit/pixel .*compression-ratio"):
            self.assertRegex(done.stdout, re.compile(pattern))

    def test_says_why_a_line_fails(self):
        for line, reason in (("nothing-such ! fakesink", "nothing-such"),
                             ("videotestsrc ! mpqjpegdec ! fakesink", "link")):
            done = live(line)
            self.assertEqual(done.returncode, 1)
            self.assertIn(reason, done.stderr)


if __name__ == "__main__":
    unittest.main()
