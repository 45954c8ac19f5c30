#!/usr/bin/env python3
# SPDX-FileCopyrightText: The mpq developers
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Keeps the documentation true: element pages equal what the elements say, and every launch line runs.

usage: docs_test.py SOURCE_ROOT. Lines may use the files photo.jpg, photo.png, speech.wav, stream.mpq and
vit.safetensors.
"""
import filecmp
import json
import math
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import zlib

SAMPLES = [
    "videotestsrc num-buffers=1 ! video/x-raw,width=320,height=240 ! jpegenc ! filesink location=photo.jpg",
    "videotestsrc num-buffers=1 ! video/x-raw,format=RGB,width=320,height=240 ! pngenc ! filesink location=photo.png",
    "audiotestsrc num-buffers=100 ! audio/x-raw,rate=44100,channels=2 ! wavenc ! filesink location=speech.wav",
]
TIME_LIMIT = 60  # seconds a line


def write_vit(path):
    """A Vision Transformer of a few bytes: one block, patches of 2 by 2 in pictures of 4 by 4, all weights 0."""
    layers = {"patch_embed.proj": [4, 3, 2, 2], "blocks.0.norm1": [4], "blocks.0.attn.qkv": [12, 4],
              "blocks.0.attn.proj": [4, 4], "blocks.0.norm2": [4], "blocks.0.mlp.fc1": [8, 4],
              "blocks.0.mlp.fc2": [4, 8], "norm": [4], "head": [3, 4]}
    shapes = {"cls_token": [1, 1, 4], "pos_embed": [1, 5, 4]}
    for name, shape in layers.items():
        shapes |= {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
    header, end = {}, 0
    for name, shape in shapes.items():
        begin, end = end, end + 4 * math.prod(shape)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + bytes(end))


def write_stream(path):
    """Three frames as docs/bitstream.md describes them, of codec 1 and 16 by 16; no decoder would like their payload."""
    fields = bytes([1, 0, 2, 16, 16]) + bytes(8 + 4) + bytes([0, 2, 3, 5]) + b"12345678"
    frame = b"\x8dMPQ\x01" + struct.pack(">I", 9 + len(fields) + 4) + fields
    path.write_bytes(3 * (frame + struct.pack(">I", zlib.crc32(frame))))


def stale_pages(root, folder):
    subprocess.run([sys.executable, root / "tools/docs/element_docs.py", root, folder], check=True)
    kept = root / "docs/elements"
    names = {p.name for p in folder.iterdir()} | {p.name for p in kept.iterdir()}
    return sorted(n for n in names if not ((folder / n).exists() and (kept / n).exists()
                                           and filecmp.cmp(folder / n, kept / n, shallow=False)))


def launch_lines(root):
    """(file, line) of each launch line in a code block; a line may go on after a backslash."""
    for page in [root / "README.md", *sorted((root / "docs").rglob("*.md"))]:
        text = page.read_text(encoding="utf-8")
        fenced = text.split("\n```")[1::2]
        indented = re.findall(r"^    .*(?:\\\n.*)*", text, re.MULTILINE)
        for line in "\n".join(fenced + indented).replace("\\\n", " ").splitlines():
            found = re.match(r" *(?:\$ )?(?:\./mpq run )?(gst-launch-1\.0 .*)", line)
            if found:
                yield page.relative_to(root), found.group(1)


def run(line, folder):
    try:
        done = subprocess.run(["bash", "-c", line], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace", timeout=TIME_LIMIT)
    except subprocess.TimeoutExpired:
        return f"not done after {TIME_LIMIT} s"
    return "" if done.returncode == 0 else done.stdout


def main(root):
    failures = []
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        failures += [f"docs/elements/{page} is stale: run tools/docs/element_docs.py . docs/elements"
                     for page in stale_pages(root, folder / "elements")]
        for sample in SAMPLES:
            subprocess.run(f"gst-launch-1.0 -q {sample}", shell=True, cwd=folder, check=True)
        write_vit(folder / "vit.safetensors")
        write_stream(folder / "stream.mpq")
        lines = list(launch_lines(root))
        for page, line in lines:
            output = run(line, folder)
            print(f"{'FAILED' if output else 'ran'}: {page}: {line}")
            if output:
                failures.append(f"{page}: {line}\n{output}")
    if len(lines) < 11:
        failures.append(f"only {len(lines)} launch lines were found")
    print(f"{len(lines)} launch lines")
    sys.exit("\n".join(failures) or 0)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]).resolve())
