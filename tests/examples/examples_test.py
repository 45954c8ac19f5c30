#!/usr/bin/env python3
# SPDX-FileCopyrightText: The mpq developers
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Runs an example and checks what it prints.

usage: examples_test.py NAME COMMAND...
"""
import re
import subprocess
import sys

TIME_LIMIT = 60  # seconds


def run(*command, status=0):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=TIME_LIMIT)
    print(done.stdout)
    expect(done.returncode == status, f"status {done.returncode}, not {status}")
    return done.stdout


def expect(condition, otherwise):
    if not condition:
        sys.exit(otherwise)


def number(output, name):
    """The number behind the first "name: " or "name "."""
    found = re.search(rf"{name}:? (-?[\d.]+)", output)
    expect(found, f"nothing is said about {name}")
    return float(found.group(1))


def scores(*command):
    output = run(*command, "5")
    expect(number(output, "frames") == 5, "five frames go in")
    expect(number(output, "scores in messages") == 10, "a rate and a PSNR for each frame")
    expect(number(output, "scores on buffers") >= 5, "every frame carries a score")
    on_frames = [float(v) for v in re.findall(r"frame \d+:.* psnr ([\d.]+) dB", output)]
    if on_frames:
        pooled = number(output, "score: psnr")
        expect(abs(sum(on_frames) / len(on_frames) - pooled) < 0.01, "pooled is the mean of the frames")
    expect("no element" in run(*command, "5 ! nosuchelement", status=1), "an error names its cause")


def network(*command):
    for kind, unit, sent in (("jpeg", "frames", 25), ("opus", "samples", 48000)):
        output = run(*command, kind, "0", "1")
        expect(number(output, "packets lost") == 0 and number(output, f"missing-{unit}") == 0, "nothing is lost")
        whole = number(output, "psnr")
        output = run(*command, kind, "0.2", "1")
        expect(number(output, "packets lost") > 0, "packets are lost")
        if kind == "jpeg":
            expect(number(output, "missing-frames") > 0, "a frame with a lost packet does not arrive")
            expect(number(output, "scored") + number(output, "missing-frames") == sent, "each frame is accounted for")
            expect(abs(number(output, "psnr") - whole) < 0.5, "what arrives is what was sent")
    expect("usage" in run(*command, "nosuchmedia", status=1), "a wrong argument gets an answer")


def sensor(*command):
    output = run(*command, "4")
    frames = re.findall(r"^([\d.]+) s: .* psnr ([\d.]+) dB$", output, re.MULTILINE)
    expect(number(output, "received") == len(frames) == 4, "each frame comes back with its score")
    for i, (time, psnr) in enumerate(frames):
        expect(abs(float(time) - i / 7.3) < 1e-5, "at its own time")
        expect(45 < float(psnr) < 60, "8 bits and JPEG at quality 90")


def camera(*command):
    for burden in "0", "100":  # milliseconds a frame; a frame comes every 33
        output = run(*command, "--seconds", "2", "--burden", burden)
        expect(number(output, "scored") + number(output, "missing") == number(output, "\ncaptured"),
               "each frame is scored or counted as missing")
    expect(number(output, "missing") > 10, "a slow codec loses frames")
    expect(number(output, "most lag") < 1500, "and stays near: without the leaky queue it would be 4 s behind")


if __name__ == "__main__":
    {"camera": camera, "network": network, "scores": scores, "sensor": sensor}[sys.argv[1]](*sys.argv[2:])
