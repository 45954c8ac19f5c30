# SPDX-FileCopyrightText: The mpq developers
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The codecs and the gst-launch-1.0 lines of the demonstration. A new codec is one line in CODECS."""
import collections

from gst_line import quoted

# `setting` says what the encoder's setting is, the default where `encoder` names none; `before` is what must stand before
# the encoder; optional: some builds lack it.
Codec = collections.namedtuple("Codec", "name kind setting before encoder decoder optional", defaults=[False])

CODECS = [
    Codec("JPEG", "picture", "quality 5", "", "mpqjpegenc", "mpqjpegdec"),
    Codec("WebP", "picture", "quality 0", "", "mpqwebpenc", "mpqwebpdec"),
    Codec("mbt2018-nano", "picture", "quality 25", "", "mpqmbt2018enc quality=25", "mpqmbt2018dec", optional=True),
    Codec("MP3", "audio", "8 kbit/s", "", "mpqmp3enc", "mpqmp3dec"),
    Codec("Opus", "audio", "6 kbit/s", "audioresample ! ", "mpqopusenc", "mpqopusdec"),
]

WIDEST = 1280  # pixels
STILL_LOOPS = 20  # how often a photograph is coded, so that its speed is steady
VIDEO_FRAMES = 100

FITTED_RGB = (f"videoconvert ! videoscale ! "
              f"'video/x-raw,format=RGB,width=[1,{WIDEST}],pixel-aspect-ratio=1/1'")


def name_of(codec):
    return codec.name.lower()


def codecs_for(kind):
    return [c for c in CODECS if c.kind == ("audio" if kind == "audio" else "picture")]


def trial(codec):
    """Shows whether an optional codec of pictures works here."""
    return f"videotestsrc num-buffers=1 ! {codec.encoder} ! {codec.decoder} ! fakesink"


def picture_preparation(source, folder):
    """Writes the (first) picture of any file as an RGB PNG."""
    return (f"filesrc location={quoted(source)} ! decodebin ! {FITTED_RGB}"
            f" ! pngenc snapshot=true ! filesink location={quoted(folder / 'original.png')}")


def audio_preparation(source, folder):
    return (f"filesrc location={quoted(source)} ! decodebin ! audioconvert ! audio/x-raw,format=S16LE"
            f" ! wavenc ! filesink location={quoted(folder / 'original.wav')}")


def picture_source(kind, source, folder):
    if kind == "photo":
        return (f"filesrc location={quoted(folder / 'original.png')} ! pngdec"
                f" ! imagefreeze num-buffers={STILL_LOOPS} ! video/x-raw,format=RGB,framerate=25/1")
    return (f"filesrc location={quoted(source)} ! decodebin ! {FITTED_RGB}"
            f" ! identity eos-after={VIDEO_FRAMES}")


def coding(codec, folder):
    """Encoder, meter and decoder, each with its results file."""
    def results(what):
        return quoted(folder / f"{name_of(codec)}-{what}.jsonl")
    return (f"{codec.before}{codec.encoder} location={results('encode')} ! mpqrate location={results('rate')}"
            f" ! {codec.decoder} location={results('decode')}")


def picture_line(codec, kind, source, folder):
    """Encodes, meters, decodes and scores; writes the first decoded picture."""
    return branches(
        f"{picture_source(kind, source, folder)} ! tee name=t",
        "t. ! queue ! psnr.ref_sink",
        f"t. ! queue ! {coding(codec, folder)} ! video/x-raw,format=RGB ! psnr.dist_0",
        f"mpqpsnr name=psnr location={quoted(folder / (name_of(codec) + '-psnr.jsonl'))}"
        f" ! videorate drop-only=true ! video/x-raw,framerate=1/3600 ! pngenc"
        f" ! filesink location={quoted(folder / (name_of(codec) + '.png'))}")


def audio_line(codec, rate, channels, folder):
    """The same for sound; the decoded sound is brought back to `rate` and `channels`."""
    return branches(
        f"filesrc location={quoted(folder / 'original.wav')} ! wavparse ! tee name=t",
        "t. ! queue ! psnr.ref_sink",
        f"t. ! queue ! {coding(codec, folder)} ! audioconvert ! audioresample"
        f" ! audio/x-raw,format=S16LE,rate={rate},channels={channels} ! psnr.dist_0",
        f"mpqpsnr name=psnr location={quoted(folder / (name_of(codec) + '-psnr.jsonl'))}"
        f" ! wavenc ! filesink location={quoted(folder / (name_of(codec) + '.wav'))}")


def branches(*parts):
    return " \\\n    ".join(parts)
