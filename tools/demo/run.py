#!/usr/bin/env python3
# SPDX-FileCopyrightText: The mpq developers
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The demonstration: compresses, decodes and scores pictures and sounds by gst-launch-1.0 lines, and reports.

usage: run.py CACHE_FOLDER [FILES...]; started by `./mpq demo`, which sets the elements' path up.
"""
import collections
import concurrent.futures
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import wave

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import gst_line
import lines
import media
import report
import sheet
from gst_line import Failed

RESULTS = pathlib.Path("mpq-demo")
LOG = "gst-launch.log"  # all that GStreamer says
TIME_LIMIT = 600  # seconds for one line

# kind: photo, video or audio; folder: where its results go.
Source = collections.namedtuple("Source", "name kind path folder")


def launch(line):
    gst_line.launch(line, TIME_LIMIT, RESULTS / LOG)


def prepare(name, path, kinds):
    """Sources of one file, one for each of `kinds` that can be decoded from it; its originals are written."""
    folder = RESULTS / name
    folder.mkdir(parents=True, exist_ok=True)
    found, errors = [], []
    for kind in kinds:
        try:
            if kind == "audio":
                launch(lines.audio_preparation(path, folder))
            else:
                launch(lines.picture_preparation(path, folder))
            found.append(Source(name, kind, path, folder))
        except Failed as error:
            errors.append(str(error))
    if not found:
        raise Failed(f"{path} cannot be decoded:\n" + "\n".join(errors))
    return found


def prepare_all(files):
    """The Sources of (name, path, kinds) each, side by side: nothing is measured yet."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return [source for found in pool.map(lambda file: prepare(*file), files) for source in found]


def kinds_of(path):
    """What a file may hold, by its first bytes; films and Ogg files may have pictures, sound or both."""
    if not path.is_file():
        raise Failed(f"{path}: " + ("not a file" if path.exists() else "no such file"))
    found = subprocess.run(["gst-typefind-1.0", str(path)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.DEVNULL, text=True, errors="replace").stdout.rpartition(" - ")[2].strip()
    if found.startswith("image/"):
        return ["photo"]
    if found.startswith("audio/") or found.startswith("application/x-id3") or found.startswith("application/x-ape"):
        return ["audio"]
    if "/" not in found:
        raise Failed(f"{path}: not a picture, film or sound that GStreamer knows")
    return ["video", "audio"]


def user_sources(paths):
    names = collections.Counter()
    files = []
    for path in paths:
        name = re.sub(r"[^\w-]+", "-", path.stem).strip("-") or "file"
        names[name] += 1
        name += f"-{names[name]}" if names[name] > 1 else ""
        files.append((name, path, kinds_of(path)))
    return prepare_all(files)


def debian_sources(cache):
    used = media.samples(cache, lambda what: print(f"  {what}", flush=True))
    (RESULTS / "CREDITS.txt").write_text(media.credits(used), encoding="utf-8")
    return prepare_all([(sample.name, path, [sample.kind]) for sample, path in used])


def line_for(codec, source):
    if source.kind != "audio":
        return lines.picture_line(codec, source.kind, source.path, source.folder)
    with wave.open(str(source.folder / "original.wav"), "rb") as recording:
        return lines.audio_line(codec, recording.getframerate(), recording.getnchannels(), source.folder)


def works(codec):
    """Whether a codec that some builds lack (LibTorch, its model) works here; says so where it does not."""
    try:
        launch(lines.trial(codec))
    except Failed as error:
        print(f"\nwithout {codec.name}: {str(error).splitlines()[0]}", flush=True)
        return False
    return True


def measure(sources):
    """Runs every codec on every source; [(Source, Row, line)]. Goes on after a line that fails."""
    todo = [(source, codec) for source in sources for codec in lines.codecs_for(source.kind)]
    done, failures = [], 0
    usable = {}  # optional codecs, tried when their turn comes: loading LibTorch takes a second
    for count, (source, codec) in enumerate(todo, 1):
        if codec.optional and codec.name not in usable:
            usable[codec.name] = works(codec)
        if not usable.get(codec.name, True):
            continue
        line = line_for(codec, source)
        print(f"\n[{count}/{len(todo)}] {source.name}, {codec.name}\n  gst-launch-1.0 {line}", flush=True)
        try:
            launch(line)
        except Failed as error:
            failures += 1
            print(f"  FAILED: {error}", flush=True)
            continue
        row = report.read_row(source.name, codec, source.folder, lines.name_of(codec))
        print("  " + ", ".join(report.cells(row)[3:6]), flush=True)
        done.append((source, row, line))
    return done, failures


def draw_sheet(done):
    """False where there is no picture to draw."""
    rows = collections.defaultdict(list)
    for source, row, _ in done:
        if source.kind == "audio":
            continue
        if source.name not in rows:
            rows[source.name].append(sheet.Cell(source.folder / "original.png", f"{source.name}: original, 24 bit/pixel"))
        rows[source.name].append(sheet.Cell(source.folder / f"{lines.name_of(row.codec)}.png", report.caption(row)))
    if rows:
        launch(sheet.sheet_line(list(rows.values()), RESULTS / "contact-sheet.png"))
    return bool(rows)


def machine():
    try:
        models = re.findall(r"^model name\s*:\s*(.*)$", pathlib.Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    except OSError:
        models = []
    return f"{models[0]} ({len(models)} logical CPUs)" if models else platform.machine()


NOTES = ["Rate: pictures in bits a pixel, sound in bits a second. Ratio: to 24 bits a pixel or 16 bits a sample.",
         "PSNR: over R, G and B together; of sound, over all its samples. Speeds: the encoder's and the decoder's",
         "own time alone, in millions of pixels a second or times as fast as the sound plays."]


def finish(done):
    rows = [row for _, row, _ in done]
    titles = [(f"{source.name}, {row.codec.name}", line) for source, row, line in done]
    (RESULTS / "report.md").write_text(report.markdown(rows, titles, machine(), NOTES), encoding="utf-8")
    has_sheet = draw_sheet(done)
    print("\n" + report.text_table(rows) + "\n")
    print(f"Results are in {RESULTS.resolve()}:")
    if has_sheet:
        print("  contact-sheet.png   originals against decodes")
    print("  report.md           this table and the lines")
    print("  */original.*        what went in;  */CODEC.png, */CODEC.wav: what came out;  */*.jsonl: all figures")
    if (RESULTS / "CREDITS.txt").exists():
        print("  CREDITS.txt         who took the photographs and recorded the speech")


def clear_results(paths):
    """Removes what an earlier run wrote, and nothing else."""
    if any(RESULTS.resolve() in path.resolve().parents for path in paths):
        raise Failed(f"{RESULTS} is written anew by each run: copy the files that you give to another folder")
    if RESULTS.exists():
        if not (RESULTS / LOG).exists():
            raise Failed(f"{RESULTS.resolve()} is not of the demonstration's making: move it, or start elsewhere")
        shutil.rmtree(RESULTS)
    RESULTS.mkdir()
    (RESULTS / LOG).touch()


def main(cache, paths):
    try:
        clear_results(paths)
        print("mpq demonstration: every codec at one setting", flush=True)
        sources = user_sources(paths) if paths else debian_sources(cache)
        done, failures = measure(sources)
        if done:
            finish(done)
    except (Failed, media.Unavailable) as error:
        sys.exit(f"mpq demo: {error}")
    if failures:
        sys.exit(f"mpq demo: {failures} lines failed; all that GStreamer said: {RESULTS / 'gst-launch.log'}")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), [pathlib.Path(name) for name in sys.argv[2:]])
