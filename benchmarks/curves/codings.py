# SPDX-FileCopyrightText: The mpq developers
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The codecs whose curves can be measured. A new codec is one entry in CODECS."""
import collections
import pathlib
import sys

from measure import Failed, quoted

# encoder, decoder: {quality}, {model} and {threads} are put in; model: a network's, where none is named; None: it takes none.
Codec = collections.namedtuple("Codec", "name encoder decoder model qualities")
# A measurement to make: `setting` is its name in tables and files, encoder and decoder are ready to run.
Coding = collections.namedtuple("Coding", "curve setting encoder decoder")

CODECS = {
    "jpeg": Codec("JPEG", "mpqjpegenc quality={quality}", "mpqjpegdec", None, [3, 5, 8, 12, 18, 26, 36, 50]),
    "webp": Codec("WebP", "mpqwebpenc method=6 quality={quality}", "mpqwebpdec", None, [0, 3, 8, 15, 25, 40, 55, 70]),
    "mbt2018": Codec("mbt2018", "mpqmbt2018enc model-file={model} threads={threads} quality={quality}",
                     "mpqmbt2018dec model-file={model} threads={threads}", "mbt2018-nano", [1, 20, 40, 60, 80, 100]),
}


class Misused(Exception):
    """The command line asks for something that there is not; the text says what."""


def run(main, parser):
    """Calls main(arguments) and ends the program, with an error's text alone where one is foreseen."""
    arguments = parser.parse_args()
    try:
        if not arguments.images.is_dir():
            raise Misused(f"--images {arguments.images}: there is no such folder")
        arguments.output.mkdir(parents=True, exist_ok=True)
        main(arguments)
    except Misused as error:
        parser.error(str(error))
    except (Failed, OSError) as error:
        sys.exit(f"{parser.prog}: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


def add_arguments(parser):
    """What all programs here take."""
    parser.add_argument("--images", metavar="FOLDER", type=pathlib.Path, required=True,
                        help="the pictures: JPEG, PNG and WebP, also in folders inside")
    parser.add_argument("--output", metavar="FOLDER", type=pathlib.Path, required=True,
                        help="where table, figures and single results go")
    parser.add_argument("--codec", metavar="NAME[=MODEL,...]", action="append", required=True,
                        help=f"a curve: {', '.join(CODECS)}; a network may have its model's file or name, or "
                             "several models of one rate each")
    parser.add_argument("--points", metavar="NAME=QUALITY,...", action="append", default=[],
                        help="other qualities than the codec's own")
    parser.add_argument("--threads", metavar="N", type=int, default=0, help="of the networks; 0: all processors")


def codings(arguments):
    """[Coding] of the parsed arguments, curve by curve. Raises Misused."""
    qualities = dict(points(text) for text in arguments.points)
    wanted = [text.partition("=")[::2] for text in arguments.codec]
    for name in [name for name, _ in wanted] + list(qualities):
        if name not in CODECS:
            raise Misused(f"no codec is called '{name}': there are {', '.join(CODECS)}")
    for name in qualities.keys() - {name for name, _ in wanted}:
        raise Misused(f"--points {name} without --codec {name}")
    result = []
    for name, models in wanted:
        result += curve(CODECS[name], [model for model in models.split(",") if model], arguments.threads,
                        qualities.get(name, CODECS[name].qualities), {coding.curve for coding in result})
    return result


def points(text):
    """(codec, qualities) of "webp=0,20"."""
    name, _, values = text.partition("=")
    try:
        return name, [int(value) for value in values.split(",")]
    except ValueError as error:
        raise Misused(f"--points {text}: qualities are whole numbers, as in webp=0,20") from error


def curve(codec, models, threads, qualities, taken):
    """[Coding] of one curve: a model at each quality, or several models at one each."""
    if codec.model is None and models:
        raise Misused(f"{codec.name} takes no model")
    if codec.model is not None:
        models = models or [codec.model]
    stem = pathlib.Path(models[0]).stem if models else ""
    label = stem if stem.startswith(codec.name) else f"{codec.name} {stem}".strip()
    if label in taken:
        raise Misused(f"two curves are called '{label}': give each codec once, and models' files "
                                         "different names")
    if len(models) > 1:
        return [Coding(label, pathlib.Path(model).stem, *(ready(part, model, threads, 50) for part in codec[1:3]))
                for model in models]
    return [Coding(label, str(quality), *(ready(part, *(models or [""]), threads, quality) for part in codec[1:3]))
            for quality in qualities]


def ready(part, model, threads, quality):
    return part.format(model=quoted(model), threads=threads, quality=quality)
