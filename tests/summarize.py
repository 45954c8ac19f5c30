#!/usr/bin/env python3
# SPDX-FileCopyrightText: The mpq developers
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Counts the single test cases of `meson test` runs and decides whether they pass as a whole.

usage: summarize.py BUILD_FOLDER...

Names every failed and every skipped case, then prints one line "N passed, N failed, N skipped". Without the
development data (MPQ_SHARED_DIR) a test may skip for want of it. Any other skip because something is missing
("needs ...") fails the run, for ./mpq installs all that the tests need. So does a run without tests.
"""
import collections
import json
import os
import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree

DEVELOPMENT_DATA = "needs the development data"
SOURCE_LINE = re.compile(r"\S+:\d+\n")  # GoogleTest puts it before the reason

Case = collections.namedtuple("Case", "program name outcome reason")  # outcome: passed, failed or skipped


def gtest_case(program, case):
    name = case.get("classname", "") + "." + case.get("name")
    skipped = case.find("skipped")
    failures = case.findall("failure") + case.findall("error")
    if failures:
        return Case(program, name, "failed", "\n".join(f.get("message") or f.text or "" for f in failures))
    if skipped is not None:
        message = (skipped.get("message") or skipped.text or "no reason given").strip()
        if SOURCE_LINE.match(message):
            message = message.partition("\n")[2]
        return Case(program, name, "skipped", message)
    if case.get("status") == "notrun":
        return Case(program, name, "skipped", "disabled in its source")
    return Case(program, name, "passed", "")


def program_case(run):
    """One case for a whole program: not GoogleTest, or one that ended before or after its cases did."""
    output = (run.get("stdout") or "") + (run.get("stderr") or "")
    outcome = {"OK": "passed", "EXPECTEDFAIL": "passed", "SKIP": "skipped"}.get(run["result"], "failed")
    reason = "" if outcome == "passed" else f"{run['result']}, exit status {run['returncode']}\n{output}"
    return Case(run["name"], "the whole program", outcome, reason)


def cases_of(build):
    """All cases of the last `meson test` in a build folder, from GoogleTest's reports and Meson's log."""
    log = build / "meson-logs" / "testlog.json"
    if not log.exists():
        return
    for line in log.read_text().splitlines():
        run = json.loads(line)
        name = run["name"].split(" / ")[-1].split(":")[-1]
        report = build / (name + ".xml")
        cases = []
        if report.exists():
            cases = [gtest_case(name, c) for c in ElementTree.parse(report).getroot().iter("testcase")]
        whole = program_case(run)
        # A sanitizer's finding at exit leaves every case passed and the program failed.
        if not cases or (whole.outcome == "failed" and all(c.outcome != "failed" for c in cases)):
            cases.append(whole)
        yield from cases


def show(build, case, lines):
    reason = [line for line in case.reason.strip().splitlines() if line.strip()]
    print(f"{case.outcome}: {build.name}: {case.program}: {case.name}" + (f": {reason[0]}" if lines == 1 else ""))
    if lines > 1:
        print("\n".join("    " + line for line in reason[-lines:]))


def main(builds):
    have_data = os.path.isdir(os.environ.get("MPQ_SHARED_DIR", ""))
    counts = collections.Counter()
    unmet = 0
    empty = []
    for build in builds:
        cases = list(cases_of(build))
        counts.update(case.outcome for case in cases)
        if not any(case.outcome == "passed" for case in cases):
            empty.append(build)
        for case in cases:
            if case.outcome == "failed":
                show(build, case, 40)
        for case in cases:
            if case.outcome == "skipped":
                show(build, case, 1)
                wants_data = case.reason.startswith(DEVELOPMENT_DATA)
                unmet += have_data if wants_data else case.reason.startswith("needs ")
    for build in empty:
        print(f"no test ran in {build}; its log: {build}/test.log")
    if unmet:
        print(f"{unmet} tests skipped for want of something that is or should be here: that fails the run")
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    return 1 if counts["failed"] or unmet or empty else 0


if __name__ == "__main__":
    sys.exit(main([pathlib.Path(folder) for folder in sys.argv[1:]]))
