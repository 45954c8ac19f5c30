# SPDX-FileCopyrightText: The mpq developers
# SPDX-License-Identifier: LGPL-2.1-or-later
"""ViT in PyTorch, float32, as a peer of mpqvit: what a careful user of the same LibTorch from Python gets.

usage: vit_peer.py WEIGHTS.safetensors THREADS. Then, a line each: "run N" does N forward passes of one picture and
answers with their seconds; "logits" answers with the logits of a picture whose values are (i % 255) / 127 - 1.
"""
import pathlib
import sys
import time

import torch
from torch.nn import functional

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from peer import read_safetensors  # noqa: E402


class Vit:
    def __init__(self, tensors):
        self.tensors = tensors
        self.width, _, self.patch, _ = tensors['patch_embed.proj.weight'].shape
        self.heads = self.width // 64
        self.depth = sum(name.endswith('.norm1.weight') for name in tensors)

    def linear(self, x, name):
        return functional.linear(x, self.tensors[name + '.weight'], self.tensors[name + '.bias'])

    def norm(self, x, name):
        return functional.layer_norm(x, (self.width,), self.tensors[name + '.weight'], self.tensors[name + '.bias'], 1e-6)

    def block(self, x, name):
        pictures, tokens, width = x.shape
        query, key, value = self.linear(self.norm(x, name + 'norm1'), name + 'attn.qkv').view(
            pictures, tokens, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        weights = (query @ key.transpose(-1, -2) * (width // self.heads) ** -0.5).softmax(-1)
        mixed = (weights @ value).transpose(1, 2).reshape(pictures, tokens, width)
        x = x + self.linear(mixed, name + 'attn.proj')
        hidden = functional.gelu(self.linear(self.norm(x, name + 'norm2'), name + 'mlp.fc1'))
        return x + self.linear(hidden, name + 'mlp.fc2')

    def __call__(self, pixels):
        patches = functional.conv2d(pixels, self.tensors['patch_embed.proj.weight'],
                                    self.tensors['patch_embed.proj.bias'], stride=self.patch)
        x = torch.cat([self.tensors['cls_token'], patches.flatten(2).transpose(1, 2)], 1) + self.tensors['pos_embed']
        for i in range(self.depth):
            x = self.block(x, f'blocks.{i}.')
        return self.linear(self.norm(x[:, 0], 'norm'), 'head')


def main():
    torch.set_num_threads(int(sys.argv[2]))
    vit = Vit(read_safetensors(sys.argv[1]))
    pixels = ((torch.arange(3 * 224 * 224) % 255) / 127 - 1).view(1, 3, 224, 224)
    with torch.inference_mode():
        for line in sys.stdin:
            if line.startswith('run '):
                start = time.perf_counter()
                for _ in range(int(line[4:])):
                    vit(pixels)
                print(time.perf_counter() - start, flush=True)
            else:
                print(*vit(pixels)[0].tolist(), flush=True)


main()
