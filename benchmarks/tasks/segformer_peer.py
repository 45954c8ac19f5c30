# SPDX-FileCopyrightText: The mpq developers
# SPDX-License-Identifier: LGPL-2.1-or-later
"""SegFormer-b0 in PyTorch, float32, as a peer of mpqsegformer: what a careful user of the same LibTorch from Python gets.

usage: segformer_peer.py WEIGHTS.safetensors THREADS contiguous|channels-last. Then, a line each: "run N" does N forward
passes of one picture of 512x512 and answers with their seconds; "labels N" does the same with the logits enlarged to
768x512 and their largest found; "logits" answers with every 101st logit, classes of a pixel together, of a picture whose
values, colours of a pixel together, are (i % 255) / 127 - 1.
"""
import pathlib
import sys
import time

import torch
from torch.nn import functional

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from peer import read_safetensors  # noqa: E402

HEADS, RATIOS, STRIDES, DEPTH = (1, 2, 5, 8), (8, 4, 2, 1), (4, 2, 2, 2), 2


class Segformer:
    def __init__(self, tensors, layout):
        self.tensors = {name: tensor.contiguous(memory_format=layout) if tensor.dim() == 4 else tensor
                        for name, tensor in tensors.items()}

    def part(self, name):
        return self.tensors[name + '.weight'], self.tensors.get(name + '.bias')

    def linear(self, x, name):
        return functional.linear(x, *self.part(name))

    def norm(self, x, name):
        return functional.layer_norm(x, x.shape[-1:], *self.part(name), 1e-5)

    def attention(self, x, size, stage, name):
        pictures, tokens, width = x.shape
        ratio, heads = RATIOS[stage], HEADS[stage]
        reduced = x
        if ratio > 1:
            picture = x.transpose(1, 2).reshape(pictures, width, *size)
            reduced = functional.conv2d(picture, *self.part(name + 'self.sr'), stride=ratio)
            reduced = self.norm(reduced.flatten(2).transpose(1, 2), name + 'self.layer_norm')
        query, key, value = (self.linear(y, name + 'self.' + part).view(pictures, -1, heads, width // heads).transpose(1, 2)
                             for y, part in ((x, 'query'), (reduced, 'key'), (reduced, 'value')))
        weights = (query @ key.transpose(-1, -2) * (width // heads) ** -0.5).softmax(-1)
        mixed = (weights @ value).transpose(1, 2).reshape(pictures, tokens, width)
        return self.linear(mixed, name + 'output.dense')

    def mix(self, x, size, name):
        hidden = self.linear(x, name + 'dense1')
        picture = hidden.transpose(1, 2).view(hidden.shape[0], -1, *size)
        mixed = functional.conv2d(picture, *self.part(name + 'dwconv.dwconv'), padding=1, groups=picture.shape[1])
        return self.linear(functional.gelu(mixed.flatten(2).transpose(1, 2)), name + 'dense2')

    def stage(self, x, i):
        name = f'segformer.encoder.patch_embeddings.{i}.'
        weight, bias = self.part(name + 'proj')
        x = functional.conv2d(x, weight, bias, stride=STRIDES[i], padding=weight.shape[-1] // 2)
        size = x.shape[2:]
        x = self.norm(x.flatten(2).transpose(1, 2), name + 'layer_norm')
        for j in range(DEPTH):
            name = f'segformer.encoder.block.{i}.{j}.'
            x = x + self.attention(self.norm(x, name + 'layer_norm_1'), size, i, name + 'attention.')
            x = x + self.mix(self.norm(x, name + 'layer_norm_2'), size, name + 'mlp.')
        x = self.norm(x, f'segformer.encoder.layer_norm.{i}')
        return x.transpose(1, 2).reshape(x.shape[0], -1, *size)

    def head(self, encoded):
        size = encoded[0].shape[2:]
        parts = []
        for i, x in enumerate(encoded):
            y = self.linear(x.flatten(2).transpose(1, 2), f'decode_head.linear_c.{i}.proj')
            y = y.transpose(1, 2).reshape(x.shape[0], -1, *x.shape[2:])
            parts.append(functional.interpolate(y, size=size, mode='bilinear', align_corners=False))
        x = functional.conv2d(torch.cat(parts[::-1], 1), *self.part('decode_head.linear_fuse'))
        statistics = (self.tensors['decode_head.batch_norm.' + part] for part in ('running_mean', 'running_var'))
        x = functional.batch_norm(x, *statistics, *self.part('decode_head.batch_norm'), eps=1e-5).relu()
        return functional.conv2d(x, *self.part('decode_head.classifier'))

    def __call__(self, x):
        encoded = []
        for i in range(4):
            x = self.stage(x, i)
            encoded.append(x)
        return self.head(encoded)


def labels(logits):
    return functional.interpolate(logits, size=(512, 768), mode='bilinear', align_corners=False).argmax(1)


def main():
    torch.set_num_threads(int(sys.argv[2]))
    layout = torch.channels_last if sys.argv[3] == 'channels-last' else torch.contiguous_format
    network = Segformer(read_safetensors(sys.argv[1]), layout)
    pixels = ((torch.arange(512 * 512 * 3) % 255) / 127 - 1).view(1, 512, 512, 3).permute(0, 3, 1, 2)
    pixels = pixels.contiguous(memory_format=layout)
    with torch.inference_mode():
        for line in sys.stdin:
            work, _, count = line.partition(' ')
            if work == 'logits\n':
                print(*network(pixels)[0].permute(1, 2, 0).flatten()[::101].tolist(), flush=True)
                continue
            start = time.perf_counter()
            for _ in range(int(count)):
                logits = network(pixels)
                if work == 'labels':
                    labels(logits)
            print(time.perf_counter() - start, flush=True)


main()
