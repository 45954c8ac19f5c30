#!/usr/bin/env python3
# SPDX-FileCopyrightText: The mpq developers
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Keeps the documentation true: element pages equal what the elements say, and every launch line runs.

usage: docs_test.py SOURCE_ROOT. Lines may use the files photo.jpg, photo.png, speech.wav, stream.mpq,
lpips.safetensors, mbt2018.safetensors, segformer.safetensors and vit.safetensors, and the folder pictures with its
labels.csv.
"""
import filecmp
import json
import math
import pathlib
import re
import shutil
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


def write_safetensors(path, shapes, value=0.0):
    """Float32 tensors that hold one value; those of no element are int32."""
    header, end = {}, 0
    for name, shape in shapes.items():
        begin, end = end, end + 4 * math.prod(shape)
        header[name] = {"dtype": "F32" if math.prod(shape) else "I32", "shape": shape, "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + struct.pack("<f", value) * (end // 4))


def write_mbt2018(path):
    """A network of the MBT2018 family with two channels, as it is before update(); all weights are 1 / 128."""
    n, shapes = 2, {}
    def layer(name, size, out=n, rows=n):
        shapes.update({f"{name}.weight": [rows, n, size, size], f"{name}.bias": [out]})
    for side in ("g_a", "g_s"):
        for i in (1, 3, 5):
            shapes |= {f"{side}.{i}.beta": [n], f"{side}.{i}.gamma": [n, n]}
            shapes |= {f"{side}.{i}.{p}_reparam.{c}": [1] for p in ("beta", "gamma")
                       for c in ("pedestal", "lower_bound.bound")}
    shapes |= {"g_a.0.weight": [n, 3, 5, 5], "g_a.0.bias": [n], "g_s.6.weight": [n, 3, 5, 5], "g_s.6.bias": [3]}
    for name in ("g_a.2", "g_a.4", "g_a.6", "g_s.0", "g_s.2", "g_s.4", "h_a.2", "h_a.4", "h_s.0", "h_s.2"):
        layer(name, 5)
    layer("h_a.0", 3)
    layer("h_s.4", 3)
    for i in range(5):
        rows, columns = (1 if i == 4 else 3), (1 if i == 0 else 3)
        shapes |= {f"entropy_bottleneck.matrices.{i}": [n, rows, columns], f"entropy_bottleneck.biases.{i}": [n, rows, 1]}
        if i < 4:
            shapes[f"entropy_bottleneck.factors.{i}"] = [n, rows, 1]
    shapes["entropy_bottleneck.quantiles"] = [n, 1, 3]
    shapes |= {f"{part}.{table}": [0] for part in ("entropy_bottleneck", "gaussian_conditional")
               for table in ("_quantized_cdf", "_cdf_length", "_offset")}
    shapes["gaussian_conditional.scale_table"] = [0]
    write_safetensors(path, shapes, 1 / 128)


def write_vit(path):
    """A Vision Transformer of a few bytes: one block, patches of 2 by 2 in pictures of 4 by 4, all weights 0."""
    layers = {"patch_embed.proj": [4, 3, 2, 2], "blocks.0.norm1": [4], "blocks.0.attn.qkv": [12, 4],
              "blocks.0.attn.proj": [4, 4], "blocks.0.norm2": [4], "blocks.0.mlp.fc1": [8, 4],
              "blocks.0.mlp.fc2": [4, 8], "norm": [4], "head": [3, 4]}
    shapes = {"cls_token": [1, 1, 4], "pos_embed": [1, 5, 4]}
    for name, shape in layers.items():
        shapes |= {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
    write_safetensors(path, shapes)


def write_lpips(path):
    """SqueezeNet and its linear layers, all weights 1 / 128."""
    shapes = {"features.0.weight": [64, 3, 3, 3], "features.0.bias": [64]}
    for i, inputs, squeeze, half in ((3, 64, 16, 64), (4, 128, 16, 64), (6, 128, 32, 128), (7, 256, 32, 128),
                                     (9, 256, 48, 192), (10, 384, 48, 192), (11, 384, 64, 256), (12, 512, 64, 256)):
        for name, shape in {"squeeze": [squeeze, inputs, 1, 1], "expand1x1": [half, squeeze, 1, 1],
                            "expand3x3": [half, squeeze, 3, 3]}.items():
            shapes |= {f"features.{i}.{name}.weight": shape, f"features.{i}.{name}.bias": shape[:1]}
    for i, channels in enumerate((64, 128, 256, 384, 384, 512, 512)):
        shapes[f"lin{i}.model.1.weight"] = [1, channels, 1, 1]
    write_safetensors(path, shapes, 1 / 128)


def write_pictures(folder):
    """Two labelled pictures."""
    (folder / "pictures").mkdir()
    for name in ("photo.jpg", "photo.png"):
        shutil.copy(folder / name, folder / "pictures")
    (folder / "pictures/labels.csv").write_text("file,index\nphoto.jpg,0\nphoto.png,1\n")


def write_segformer(path):
    """A SegFormer of a few kilobytes: one layer a stage, 16 features, three classes, all weights 0."""
    layers, encoder, head = {}, "segformer.encoder.", "decode_head."
    for i, (inputs, kernel, ratio) in enumerate([(3, 7, 8), (16, 3, 4), (16, 3, 2), (16, 3, 1)]):
        block = f"{encoder}block.{i}.0."
        layers |= {f"{encoder}patch_embeddings.{i}.proj": [16, inputs, kernel, kernel],
                   f"{block}mlp.dense1": [16, 16], f"{block}mlp.dwconv.dwconv": [16, 1, 3, 3],
                   f"{block}mlp.dense2": [16, 16], f"{head}linear_c.{i}.proj": [16, 16]}
        for part in ("self.query", "self.key", "self.value", "output.dense"):
            layers[f"{block}attention.{part}"] = [16, 16]
        for norm in (f"patch_embeddings.{i}.layer_norm", f"block.{i}.0.layer_norm_1", f"block.{i}.0.layer_norm_2", f"layer_norm.{i}"):
            layers[encoder + norm] = [16]
        if ratio > 1:
            layers |= {f"{block}attention.self.sr": [16, 16, ratio, ratio], f"{block}attention.self.layer_norm": [16]}
    layers |= {head + "batch_norm": [16], head + "classifier": [3, 16, 1, 1]}
    shapes = {f"{head}linear_fuse.weight": [16, 64, 1, 1]}
    for name, shape in layers.items():
        shapes |= {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
    shapes |= {f"{head}batch_norm.running_{part}": [16] for part in ("mean", "var")}
    write_safetensors(path, shapes)


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
        write_pictures(folder)
        write_vit(folder / "vit.safetensors")
        write_lpips(folder / "lpips.safetensors")
        write_segformer(folder / "segformer.safetensors")
        write_mbt2018(folder / "mbt2018.safetensors")
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
