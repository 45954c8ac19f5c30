# SPDX-FileCopyrightText: The mpq developers
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Photographs and speech that Debian packages carry, fetched by apt and unpacked into a cache, not installed."""
import collections
import shutil
import subprocess
import wave

# kind: photo or audio; parts: one photograph, or recordings that are played after each other.
Sample = collections.namedtuple("Sample", "name kind package folder parts title author licence")

WALLPAPERS = "usr/share/backgrounds"
LIBRIVOX = "usr/share/pocketsphinx/test/data/librivox"

SAMPLES = [
    Sample("fig", "photo", "lomiri-wallpapers-16.04", WALLPAPERS, ["Picture_0B_by_freespace.jpg"],
           "Fig in a red bowl", 'Trevor "Freespace", 2018', "CC-BY-4.0"),
    Sample("stream", "photo", "lomiri-wallpapers-16.04", WALLPAPERS, ["life_by_Aitzol_Berasategi.jpg"],
           "Stream in a wood", "Aitzol Berasategi, 2018", "CC-BY-4.0"),
    Sample("dandelion", "photo", "lomiri-wallpapers-16.04", WALLPAPERS, ["seeding_by_Clements_Engelhardt.jpg"],
           "Dandelions in evening light", "Clemens Engelhardt, 2018", "CC0-1.0"),
    Sample("speech", "audio", "pocketsphinx-testdata", LIBRIVOX,
           [f"sense_and_sensibility_01_austen_64kb-0{n}.wav" for n in (870, 880, 890, 920, 930)],
           "Five sentences of Jane Austen, Sense and Sensibility, read for LibriVox",
           "LibriVox volunteer; package by Carnegie Mellon University and Alpha Cephei Inc.",
           "BSD-2 (the package); LibriVox recordings are in the public domain"),
]


class Unavailable(Exception):
    """The samples cannot be had; the text says why and what to do."""


def samples(cache, progress):
    """[(Sample, path of its one file)], fetching what the cache lacks; `progress` is called with what is done."""
    return [(sample, sample_file(sample, cache, progress)) for sample in SAMPLES]


def sample_file(sample, cache, progress):
    """A file is in place only when it is whole: everything is made beside it and renamed."""
    paths = [cache / sample.package / sample.folder / part for part in sample.parts]
    if not all(path.exists() for path in paths):
        progress(f"fetching the Debian package {sample.package}")
        unpack(sample.package, cache)
    if not all(path.exists() for path in paths):
        raise Unavailable(f"this version of the Debian package {sample.package} has no {sample.parts[0]}; "
                          "give files of your own: ./mpq demo FILES")
    return paths[0] if len(paths) == 1 else joined(paths, cache / f"{sample.name}.wav")


def unpack(package, cache):
    cache.mkdir(parents=True, exist_ok=True)
    for old in cache.glob(f"{package}_*.deb"):
        old.unlink()
    command(["apt-get", "download", package], cache,
            f"apt-get cannot fetch {package}: run `apt-get update` as root, check the network, or give files of "
            "your own: ./mpq demo FILES")
    archive = next(cache.glob(f"{package}_*.deb"))
    command(["dpkg-deb", "-x", archive.name, f"{package}.part"], cache, f"{archive} cannot be unpacked")
    if (cache / package).exists():
        shutil.rmtree(cache / package)
    (cache / f"{package}.part").rename(cache / package)
    archive.unlink()


def command(arguments, folder, remedy):
    try:
        done = subprocess.run(arguments, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace")
    except FileNotFoundError as error:
        raise Unavailable(f"{arguments[0]} is missing, so this is not Debian; give files of your own: "
                          "./mpq demo FILES") from error
    if done.returncode != 0:
        raise Unavailable(f"{remedy}\n{done.stdout.strip()}")


def joined(parts, target):
    """One WAV file out of several of the same format."""
    if not target.exists():
        partial = target.with_suffix(".part")
        with wave.open(str(partial), "wb") as out:
            for index, part in enumerate(parts):
                with wave.open(str(part), "rb") as recording:
                    if index == 0:
                        out.setparams(recording.getparams())
                    out.writeframes(recording.readframes(recording.getnframes()))
        partial.rename(target)
    return target


def credits(used):
    """The text of CREDITS.txt for [(Sample, path)]."""
    lines = ["The demonstration's pictures and sounds come from packages of Debian.", ""]
    for sample, _ in used:
        lines += [f"{sample.name}: {sample.title}",
                  f"    author:  {sample.author}",
                  f"    licence: {sample.licence}",
                  f"    package: {sample.package}, /usr/share/doc/{sample.package}/copyright there",
                  *(f"    file:    /{sample.folder}/{part}" for part in sample.parts),
                  "    changed: scaled down and compressed, as the demonstration shows" if sample.kind == "photo"
                  else "    changed: put one after another and compressed", ""]
    return "\n".join(lines)
