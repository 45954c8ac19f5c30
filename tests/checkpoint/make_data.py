#!/usr/bin/env python3
# SPDX-FileCopyrightText: The mpq developers
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Writes the small weight files of the tests, which are also the seeds of the fuzz targets.

usage: make_data.py FOLDER    writes FOLDER/seeds/TARGET/...; needs python3-numpy and python3-onnx

PyTorch's files are written by Python's own pickle and zipfile, with stand-ins under PyTorch's names.
"""
import collections
import io
import os
import pathlib
import pickle
import struct
import sys
import types
import warnings
import zipfile

import numpy as np
import onnx
from onnx import helper, numpy_helper

MAGIC = 0x1950A86A20F9469CFC6C


def stand_in(module, name, what):
    """Makes pickle write `what` as module.name."""
    parts = module.split(".")
    for i in range(len(parts)):
        sys.modules.setdefault(".".join(parts[:i + 1]), types.ModuleType(".".join(parts[:i + 1])))
    what.__module__, what.__name__, what.__qualname__ = module, name, name
    setattr(sys.modules[module], name, what)
    return what


REBUILD = stand_in("torch._utils", "_rebuild_tensor_v2", lambda *args: None)
PARAMETER = stand_in("torch._utils", "_rebuild_parameter", lambda *args: None)
STORAGES = {name: stand_in("torch", name + "Storage", type(name, (), {})) for name in ("Float", "Half", "Long", "Bool", "BFloat16")}
MODEL = stand_in("demucs.hdemucs", "HDemucs", type("HDemucs", (), {}))
LINEAR = stand_in("torch.nn.modules.linear", "Linear", type("Linear", (), {}))
SYSTEM = os.system  # which pickles call posix.system


class Storage:
    def __init__(self, kind, key, data, count, view=None):
        self.kind, self.key, self.data, self.count, self.view = kind, key, data, count, view


class Tensor:
    """What torch.Tensor pickles to."""

    def __init__(self, storage, offset, shape, strides):
        self.args = (storage, offset, shape, strides, False, collections.OrderedDict())

    def __reduce__(self):
        return REBUILD, self.args


class Parameter:
    def __init__(self, tensor):
        self.tensor = tensor

    def __reduce__(self):
        return PARAMETER, (self.tensor, True, collections.OrderedDict())


class Pickler(pickle._Pickler):  # the one in Python, which writes our stand-ins without looking them up
    def __init__(self, file, protocol, legacy):
        super().__init__(file, protocol)
        self.legacy, self.storages = legacy, {}

    def persistent_id(self, obj):
        if not isinstance(obj, Storage):
            return None
        self.storages[obj.key] = obj
        identity = ("storage", STORAGES[obj.kind], obj.key, "cpu", obj.count)
        return identity + (obj.view,) if self.legacy else identity


def pickled(obj, protocol=2, legacy=False):
    file = io.BytesIO()
    pickler = Pickler(file, protocol, legacy)
    pickler.dump(obj)
    return file.getvalue(), pickler.storages


def torch_zip(obj, protocol=2, compression=zipfile.ZIP_STORED, byteorder=None):
    data, storages = pickled(obj, protocol)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        def write(name, content):
            archive.writestr(zipfile.ZipInfo("small/" + name), content, compression)
        write("data.pkl", data)
        if byteorder:
            write("byteorder", byteorder)
        for key, storage in storages.items():
            write(f"data/{key}", storage.data)
        write("version", "3\n")
    return file.getvalue()


def torch_legacy(obj, protocol=2):
    data, storages = pickled(obj, protocol, legacy=True)
    head = {"protocol_version": 1001, "little_endian": True, "type_sizes": {"short": 2, "int": 4, "long": 4}}
    parts = [pickle.dumps(part, protocol) for part in (MAGIC, 1001, head)] + [data, pickle.dumps(list(storages), protocol)]
    for storage in storages.values():
        parts += [struct.pack("<q", storage.count), storage.data]
    return b"".join(parts)


def state_dict(order="<", legacy=False):
    """0, 1, 2... in storages, looked at in several ways."""
    a = Storage("Float", "0", np.arange(12, dtype=order + "f4").tobytes(), 12)
    h = Storage("Half", "1", np.arange(4, dtype=order + "f2").tobytes(), 4)
    n = Storage("Long", "2", np.array([-7], order + "i8").tobytes(), 1)
    weights = collections.OrderedDict()
    weights["plain"] = Tensor(a, 0, (3, 4), (4, 1))
    weights["transposed"] = Tensor(a, 0, (4, 3), (1, 4))
    weights["part"] = Tensor(a, 5, (2, 2), (4, 1))
    weights["expanded"] = Tensor(a, 3, (2, 3), (0, 0))
    weights["half"] = Parameter(Tensor(h, 0, (4,), (1,)))
    weights["count"] = Tensor(n, 0, (), ())
    weights["empty"] = Tensor(a, 0, (0, 5), (5, 1))
    if legacy:
        viewed = Storage("Float", "0", a.data, 12, ("view", 4, 4))
        weights["storage_view"] = Tensor(viewed, 1, (2,), (1,))
    weights._metadata = collections.OrderedDict(version=1)
    return weights


def module():
    """A whole model, as torch.save(model) pickles it: its class is a name to us."""
    linear = LINEAR()
    linear.__dict__ = {"training": False, "in_features": 2,
                       "_parameters": collections.OrderedDict(weight=Tensor(Storage("Float", "0", struct.pack("<2f", 1, 2), 2), 0, (1, 2), (2, 1))),
                       "_buffers": collections.OrderedDict(), "_modules": collections.OrderedDict()}
    outer = MODEL()
    outer.__dict__ = {"_parameters": collections.OrderedDict(), "_modules": collections.OrderedDict(head=linear)}
    return outer


class Evil:
    def __reduce__(self):
        return SYSTEM, ("touch mpq-was-here",)


def torch_files():
    package = {"klass": MODEL, "args": (2, "x"), "kwargs": {"depth": 4, "rate": 0.5, "big": 2**70}, "state": state_dict()}
    return {
        "views.pt": torch_zip(state_dict()),
        "protocol_4.pt": torch_zip(state_dict(), 4),
        "deflated.pt": torch_zip(state_dict(), 2, zipfile.ZIP_DEFLATED),
        "big_endian.pt": torch_zip(state_dict(">"), byteorder="big"),
        "package.th": torch_zip(package),
        "module.pt": torch_zip(module()),
        "evil.pt": torch_zip({"weight": state_dict()["plain"], "config": Evil()}),
        "legacy.pth": torch_legacy(state_dict(legacy=True)),
        "legacy_4.pth": torch_legacy(state_dict(legacy=True), 4),
        "evil.pkl": pickle.dumps({"a": 1}).replace(b"K\x01", b"cos\nsystem\n(S'touch mpq-was-here'\ntR"),
    }


def numpy_pickles():
    values = {"array": np.arange(6, dtype="<i4").reshape(2, 3), "fortran": np.asfortranarray(np.arange(6, dtype=">f8").reshape(2, 3)),
              "number": np.float32(2.5), "count": np.int64(-3), "flag": np.bool_(True)}
    return {f"numpy_{p}.pkl": pickle.dumps(values, p) for p in range(2, 6)}


def npy(array):
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def numpy_files():
    table = np.arange(6).reshape(2, 3)
    plain, packed = io.BytesIO(), io.BytesIO()
    arrays = {"a": table.astype("<f4"), "b.weight": np.array([True, False]), "c": np.float64(0.25)}
    np.savez(plain, **arrays)
    np.savez_compressed(packed, **arrays)
    return {
        "f4.npy": npy(table.astype("<f4")),
        "f2.npy": npy(table.astype("<f2")),
        "fortran.npy": npy(np.asfortranarray(table.astype("<i2"))),
        "big_endian.npy": npy(table.astype(">f8")),
        "scalar.npy": npy(np.uint8(200)),
        "empty.npy": npy(np.zeros((0, 3), "<f4")),
        "complex.npy": npy(np.array([1 + 2j], ">c8")),
        "arrays.npz": plain.getvalue(),
        "compressed.npz": packed.getvalue(),
    }


def onnx_tensor(name, array, raw=True):
    if raw:
        return numpy_helper.from_array(array, name)
    return helper.make_tensor(name, helper.np_dtype_to_tensor_dtype(array.dtype) if hasattr(helper, "np_dtype_to_tensor_dtype")
                              else onnx.mapping.NP_TYPE_TO_TENSOR_TYPE[array.dtype], array.shape, array.flatten().tolist())


def onnx_model(nodes, tensors):
    graph = helper.make_graph(nodes, "small", [], [], tensors)
    model = helper.make_model(graph, producer_name="make_data")
    model.metadata_props.add(key="licence", value="none")
    return model.SerializeToString()


def onnx_files():
    table = np.arange(6).reshape(2, 3)
    tensors = [onnx_tensor("raw", table.astype("f4"))]
    for kind in ("f4", "f2", "f8", "i8", "i4", "i1", "u1", "?", "u8"):
        tensors.append(onnx_tensor("typed_" + kind.replace("?", "b1"), (table - (1 if kind in ("i8", "i4", "i1") else 0)).astype(kind), raw=False))
    inner = helper.make_graph([], "inner", [], [], [onnx_tensor("raw", np.array([9], "f4")), onnx_tensor("within", np.array([8], "f4"))])
    branch = helper.make_node("If", ["c"], ["y"], then_branch=inner, else_branch=helper.make_graph([], "none", [], []))
    q = np.array([[0, 1, 2], [3, 4, 255]], "u1")
    quantised = [onnx_tensor("w_quantized", q), onnx_tensor("w_scale", np.array(0.5, "f4")), onnx_tensor("w_zero_point", np.array(1, "u1")),
                 onnx_tensor("m_quantized", q), onnx_tensor("m_scale", np.array([1, 2, 4], "f4")), onnx_tensor("m_zero_point", np.array([0, 1, 2], "u1")),
                 onnx_tensor("k_quantized", q.reshape(2, 3, 1)), onnx_tensor("k_scale", np.array([1, 10], "f4")), onnx_tensor("k_zero_point", np.array([0, 3], "u1")),
                 onnx_tensor("v", np.array([-128, 127], "i1")), onnx_tensor("s", np.array([1, 3], "f4"))]
    nodes = [helper.make_node("MatMulInteger", ["x", "m_quantized", "z", "m_zero_point"], ["a"]),
             helper.make_node("ConvInteger", ["x", "k_quantized", "z", "k_zero_point"], ["b"]),
             helper.make_node("DequantizeLinear", ["v", "s"], ["d"], axis=0)]
    return {"types.onnx": onnx_model([branch], tensors), "quantised.onnx": onnx_model(nodes, quantised)}


def safetensors(tensors, metadata=None):
    header, data = {}, b""
    if metadata:
        header["__metadata__"] = metadata
    for name, (kind, shape, content) in tensors.items():
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    import json
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def safetensors_files():
    return {
        "types.safetensors": safetensors({
            "f32": ("F32", [2, 3], np.arange(6, dtype="<f4").tobytes()),
            "f16": ("F16", [3], np.array([1, -2, 65504], "<f2").tobytes()),
            "bf16": ("BF16", [2], struct.pack("<2H", 0x3F80, 0xC040)),
            "i64": ("I64", [], struct.pack("<q", -5)),
            "flag": ("BOOL", [2], b"\x01\x00"),
            "empty": ("F32", [0, 4], b""),
        }, {"format": "pt", "labels": "a,b"}),
        "one.safetensors": safetensors({"a": ("U8", [1], b"\x07")}),
    }


def main(folder):
    warnings.simplefilter("ignore")
    kinds = {"safetensors": safetensors_files(), "torch_file": {**torch_files(), **numpy_pickles()},
             "numpy_file": numpy_files(), "onnx_file": onnx_files()}
    for target, files in kinds.items():
        place = folder / "seeds" / target
        place.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (place / name).write_bytes(content)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]))
