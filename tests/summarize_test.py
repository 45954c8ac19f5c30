#!/usr/bin/env python3
# SPDX-FileCopyrightText: The mpq developers
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Tests of summarize.py, on the files that one `meson test` with one GoogleTest program leaves."""
import contextlib
import io
import json
import os
import pathlib
import tempfile
import unittest
from unittest import mock

import summarize

PASSED = '<testcase name="Works" classname="A" status="run" result="completed"/>'
FAILED = '<testcase name="Breaks" classname="A" status="run"><failure message="1 is not 2"/></testcase>'
SKIPPED = ('<testcase name="Waits" classname="A" status="run"><skipped message="../a.cpp:7&#x0A;{}"/></testcase>')
WANTS_DATA = SKIPPED.format("needs the development data: parity")


class Summary(unittest.TestCase):
    def summarize(self, cases, result="OK", data=False):
        """(exit status, output) for a program `a`; `cases` None: it left no report."""
        with tempfile.TemporaryDirectory() as name:
            build = pathlib.Path(name) / "build"
            (build / "meson-logs").mkdir(parents=True)
            run = {"name": "a", "result": result, "returncode": 0 if result == "OK" else 1, "stdout": "said this"}
            (build / "meson-logs/testlog.json").write_text(json.dumps(run) + "\n")
            if cases is not None:
                (build / "a.xml").write_text(f"<testsuites><testsuite name='A'>{cases}</testsuite></testsuites>")
            shared = name if data else name + "/none"
            output = io.StringIO()
            with mock.patch.dict(os.environ, MPQ_SHARED_DIR=shared), contextlib.redirect_stdout(output):
                return summarize.main([build]), output.getvalue()

    def test_passed_cases_pass(self):
        self.assertEqual(self.summarize(PASSED + PASSED), (0, "2 passed, 0 failed, 0 skipped\n"))

    def test_a_failed_case_fails_and_is_named(self):
        status, output = self.summarize(PASSED + FAILED, "FAIL")
        self.assertEqual(status, 1)
        self.assertIn("failed: build: a: A.Breaks\n    1 is not 2\n", output)
        self.assertTrue(output.endswith("1 passed, 1 failed, 0 skipped\n"))

    def test_a_program_that_crashed_fails(self):
        status, output = self.summarize(None, "FAIL")
        self.assertEqual(status, 1)
        self.assertIn("said this", output)

    def test_a_finding_after_the_last_case_fails(self):
        status, output = self.summarize(PASSED, "FAIL")
        self.assertEqual(status, 1)
        self.assertTrue(output.endswith("1 passed, 1 failed, 0 skipped\n"))

    def test_a_skip_for_want_of_data_passes_only_where_there_is_none(self):
        status, output = self.summarize(PASSED + WANTS_DATA)
        self.assertEqual(status, 0)
        self.assertIn("skipped: build: a: A.Waits: needs the development data: parity\n", output)
        self.assertEqual(self.summarize(PASSED + WANTS_DATA, data=True)[0], 1)

    def test_a_skip_for_want_of_a_tool_fails(self):
        self.assertEqual(self.summarize(PASSED + SKIPPED.format("needs cwebp"))[0], 1)

    def test_a_skip_for_another_reason_passes(self):
        self.assertEqual(self.summarize(PASSED + SKIPPED.format("has one processor"))[0], 0)

    def test_no_test_at_all_fails(self):
        self.assertEqual(self.summarize(WANTS_DATA)[0], 1)


if __name__ == "__main__":
    unittest.main()
