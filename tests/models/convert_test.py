#!/usr/bin/env python3
# SPDX-FileCopyrightText: The mpq developers
# SPDX-License-Identifier: LGPL-2.1-or-later
"""mpq-models convert: what it writes is read back here by the format's description, and compared with NumPy.

usage: convert_test.py PROGRAM SEEDS    SEEDS: the small files of tests/checkpoint
"""
import json
import os
import pathlib
import resource
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

try:
    import numpy as np
except ImportError:
    print("needs python3-numpy")
    sys.exit(77)

SHARED = pathlib.Path(os.environ.get("MPQ_SHARED_DIR", "/nonexistent"))
NUMPY = {"BOOL": "?", "U8": "u1", "U16": "<u2", "U32": "<u4", "U64": "<u8", "I8": "i1", "I16": "<i2", "I32": "<i4", "I64": "<i8",
         "F16": "<f2", "BF16": "<u2", "F32": "<f4", "F64": "<f8"}  # bfloat16 as its bits
ALL_HALVES = np.arange(65536, dtype="<u2").view("<f2").astype("<f8")
FINITE = ALL_HALVES[np.isfinite(ALL_HALVES)]


def read(path):
    """Metadata and {name: (type, array)}; asserts what the format demands of a file."""
    content = pathlib.Path(path).read_bytes()
    length = struct.unpack("<Q", content[:8])[0]
    header, values = json.loads(content[8:8 + length].decode("utf-8")), content[8 + length:]
    assert length % 8 == 0 and content[8:9] == b"{"
    metadata, end, tensors = header.pop("__metadata__", None), 0, {}
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        assert entry["data_offsets"][0] == end and set(entry) == {"dtype", "shape", "data_offsets"}, name
        begin, end = entry["data_offsets"]
        kind = np.dtype(NUMPY[entry["dtype"]])
        assert begin % kind.itemsize == 0, name
        tensors[name] = entry["dtype"], np.frombuffer(values[begin:end], kind).reshape(entry["shape"])
    assert end == len(values)
    return metadata, {name: tensors[name] for name in header}


def bfloat16_bits(array):
    """Of finite float32: adds just under half of the last bit that stays, or half if that bit is 1, and cuts."""
    bits = array.astype("<f4").view("<u4").astype("u8")
    return ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).astype("<u2")


class Convert(unittest.TestCase):
    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="mpq-convert-"))
        self.addCleanup(shutil.rmtree, self.root)
        self.output = self.root / "out.safetensors"
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(self.root), "LANG": "C.UTF-8",
                            "MPQ_MODEL_PATH": str(self.root / "store"), "MPQ_MODEL_LIST": str(self.root / "models.json")}
        self.environment.update({k: v for k, v in os.environ.items() if k.endswith("SAN_OPTIONS") or k == "LD_LIBRARY_PATH"})
        (self.root / "models.json").write_text('{"schema": 1, "models": []}')

    def run_it(self, *words, **more):
        return subprocess.run([PROGRAM, *map(str, words)], env=self.environment, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=120, cwd=self.root, **more)

    def convert(self, source, *options):
        done = self.run_it("convert", *options, source, self.output)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(len(done.stdout.splitlines()), 1)
        self.said = done.stdout
        return read(self.output)

    def assert_refused(self, done, *words, status=1, left=()):
        self.assertEqual(done.returncode, status, done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)
        self.assertEqual([p.name for p in self.root.iterdir() if ".safetensors" in p.name or "partial" in p.name], [*left])

    def arrays(self, **arrays):
        np.savez(self.root / "in.npz", **arrays)
        return "in.npz"

    def assert_same(self, found, wanted):
        self.assertEqual(found.shape, wanted.shape)
        np.testing.assert_array_equal(found, wanted)
        np.testing.assert_array_equal(np.signbit(found), np.signbit(wanted))

    def shared(self, name):
        path = SHARED / "weights" / name
        if not path.exists():
            self.skipTest("needs the development data")
        return path


class Types(Convert):
    def test_keep_keeps_everything_in_its_order(self):
        source = SEEDS / "safetensors/types.safetensors"
        self.assertEqual(str(self.convert(source)), str(read_any(source)))
        self.assertRegex(self.said, r"out\.safetensors: 6 tensors, \d+ B, types kept")

    def test_every_type_of_numpy(self):
        kinds = ("?", "u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8")
        wanted = {f"of_{i}": np.arange(6).reshape(3, 1, 2).astype(kind) for i, kind in enumerate(kinds)}
        wanted.update(single=np.float32(7), empty=np.zeros((2, 0, 3), "f4"), größe=np.ones(1, "i2"))
        metadata, tensors = self.convert(self.arrays(**wanted), "--type", "keep")
        self.assertIsNone(metadata)
        self.assertEqual([*tensors], [*wanted])
        for name, array in wanted.items():
            self.assertEqual(tensors[name][1].dtype, array.dtype)
            self.assert_same(tensors[name][1], np.asarray(array))

    def test_float16_is_what_numpy_makes_of_each_number_and_each_halfway_point(self):
        ordered = np.unique(FINITE)
        middles = (ordered[1:] + ordered[:-1]) / 2
        doubles = np.concatenate([ALL_HALVES, middles, -middles, np.nextafter(middles, 9e9), np.nextafter(middles, -9e9), [5e-324]])
        singles = np.concatenate([FINITE, [np.inf, -np.inf, np.nan], middles]).astype("f4")
        tensors = self.convert(self.arrays(d=doubles, s=singles, i=np.arange(3)), "--type", "float16")[1]
        self.assertEqual(tensors["i"][0], "I64")
        self.assert_same(tensors["d"][1], doubles.astype("f2"))
        self.assert_same(tensors["s"][1], singles.astype("f2"))
        self.assertIn("floating-point values as float16", self.said)

    def test_bfloat16_is_what_bit_arithmetic_makes(self):
        bits = np.random.default_rng(1).integers(0, 2**32, 100_000, "u4")
        edges = np.arange(0, 2**32, 2**15, "u8").astype("u4")  # each number of bfloat16, and each halfway point
        singles = np.concatenate([bits, edges, edges + 1, edges - 1]).view("<f4")
        singles = singles[np.abs(singles) < np.uint32(0x7F7F8000).view("<f4")]
        special = np.array([np.inf, -np.inf, np.nan], "f4")
        tensors = self.convert(self.arrays(s=singles, special=special), "--type", "bfloat16")[1]
        np.testing.assert_array_equal(tensors["s"][1], bfloat16_bits(singles))
        self.assertEqual([*tensors["special"][1][:2]], [0x7F80, 0xFF80])
        self.assertGreater(tensors["special"][1][2] & 0x7FFF, 0x7F80)

    def test_float32_widens_and_rounds(self):
        doubles = np.random.default_rng(2).normal(size=1000)
        tensors = self.convert(self.arrays(d=doubles, h=FINITE.astype("f2")), "--type=float32")[1]
        self.assert_same(tensors["d"][1], doubles.astype("f4"))
        self.assert_same(tensors["h"][1], FINITE.astype("f4"))

    def test_a_value_beyond_the_range_is_named(self):
        source = self.arrays(mask=np.array([1, -70000], "f4"))
        self.assert_refused(self.run_it("convert", "--type", "float16", source, self.output), '"mask"', "-70000", "bfloat16")
        self.convert(source, "--type", "bfloat16")

    def test_complex_tensors_are_named(self):
        self.assert_refused(self.run_it("convert", self.arrays(phase=np.ones(1, "c8")), self.output), '"phase"', "complex64")


def read_any(path):
    """As `read`, of a file whose values may lie in any order and place."""
    content = pathlib.Path(path).read_bytes()
    length = struct.unpack("<Q", content[:8])[0]
    header = json.loads(content[8:8 + length])
    values, metadata = content[8 + length:], header.pop("__metadata__", None)
    return metadata, {name: (entry["dtype"], np.frombuffer(values[slice(*entry["data_offsets"])], NUMPY[entry["dtype"]])
                             .reshape(entry["shape"])) for name, entry in header.items()}


class Formats(Convert):
    def test_every_small_file(self):
        seeds = [p for p in sorted(SEEDS.rglob("*.*")) if p.name not in ("complex.npy", "evil.pkl", "evil.pt")]
        self.assertGreater(len(seeds), 15)
        for path in seeds:
            with self.subTest(path.name):
                done = self.run_it("convert", "--force", "--type", "float32", path, self.output)
                if "holds no tensors" not in done.stderr:
                    self.assertEqual(done.returncode, 0, done.stderr)
                    self.assertTrue(read(self.output)[1])

    def test_quantised_onnx_is_dequantised(self):
        tensors = self.convert(SEEDS / "onnx_file/quantised.onnx")[1]
        self.assert_same(tensors["w"][1], np.array([[-0.5, 0, 0.5], [1, 1.5, 127]], "f4"))
        self.assertEqual(tensors["w_quantized"][0], "U8")

    def test_a_published_vision_transformer(self):
        source = self.shared("vit_tiny_patch16_224.safetensors")
        metadata, wanted = read_any(source)
        self.assertEqual(self.convert(source, "--type", "bfloat16")[0], metadata)
        tensors = read(self.output)[1]
        self.assertEqual([*tensors], [*wanted])
        for name, (kind, array) in tensors.items():
            self.assertEqual(kind, "BF16")
            np.testing.assert_array_equal(array, bfloat16_bits(wanted[name][1]), name)

    def test_published_pytorch_files(self):
        tensors = self.convert(self.shared("dbcnn_scnn/scnn.pkl"), "--type", "float32")[1]
        self.assertEqual(tensors["module.features.0.weight"][1].shape, (48, 3, 3, 3))
        tensors = self.convert(self.shared("lpips_squeeze/lin_v0.1/squeeze.pth"), "--force")[1]
        self.assertEqual(tensors["lin0.model.1.weight"][0], "F32")


class Files(Convert):
    def test_a_model_of_the_store_is_found_by_name(self):
        self.run_it("import", "net", SEEDS / "numpy_file/arrays.npz")
        self.assertEqual([*self.convert("net")[1]], ["a", "b.weight", "c"])

    def test_an_existing_output_is_replaced_with_force_alone(self):
        source = self.arrays(a=np.ones(2, "f4"))
        self.convert(source)
        self.assert_refused(self.run_it("convert", source, self.output), "out.safetensors is there already", "--force",
                            left=[self.output.name])
        self.convert(self.output, "--force", "--type", "float16")  # the file that it is made of, too
        self.assertEqual(read(self.output)[1]["a"][0], "F16")
        self.assertEqual(self.output.stat().st_mode & 0o777, 0o666 & ~umask())

    def test_what_is_no_checkpoint_or_holds_no_tensors_is_named(self):
        (self.root / "text.txt").write_text("weights")
        (self.root / "plain.pkl").write_bytes(b"\x80\x02}.")
        self.assert_refused(self.run_it("convert", "./none.pth", self.output), "there is no file ./none.pth")
        self.assert_refused(self.run_it("convert", "none", self.output), '"none"', "mpq-models list")
        self.assert_refused(self.run_it("convert", "text.txt", self.output), "text.txt: the format is not known")
        self.assert_refused(self.run_it("convert", "plain.pkl", self.output), "plain.pkl holds no tensors")

    def test_a_folder_that_cannot_be_written_is_named(self):
        source = self.arrays(a=np.ones(2, "f4"))
        for folder in ("/proc", "none"):
            self.assert_refused(self.run_it("convert", source, f"{folder}/a.safetensors"),
                                f"cannot create {folder}/a.safetensors", "Name a file in a folder")
        (self.root / "folder.safetensors").mkdir()
        self.assert_refused(self.run_it("convert", "--force", source, "folder.safetensors"), "is a folder",
                            left=["folder.safetensors"])

    def test_a_full_disk_is_named_and_leaves_nothing(self):
        source = self.arrays(a=np.zeros(100_000, "f4"), b=np.zeros(100_000, "f4"))
        limit = (500_000, 500_000)
        done = self.run_it("convert", source, self.output, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit))
        self.assert_refused(done, "cannot write", "out.safetensors", "Make room")

    def test_wrong_usage(self):
        for words in (["a"], ["a", "b.pth"], ["a", "b.safetensors", "c"], ["--type", "int8", "a", "b.safetensors"],
                      ["--type"], ["--yes", "a", "b.safetensors"]):
            self.assert_refused(self.run_it("convert", *words), status=2)


def umask():
    old = os.umask(0)
    os.umask(old)
    return old


if __name__ == "__main__":
    SEEDS = pathlib.Path(sys.argv.pop(2)).resolve()
    PROGRAM = str(pathlib.Path(sys.argv.pop(1)).resolve())
    unittest.main(verbosity=2)
