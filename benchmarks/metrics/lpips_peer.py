# SPDX-FileCopyrightText: The mpq developers
# SPDX-License-Identifier: LGPL-2.1-or-later
"""LPIPS in PyTorch, float32, as a peer of mpqlpips: what a careful user of the same LibTorch from Python gets.

usage: lpips_peer.py WEIGHTS.safetensors THREADS WIDTH HEIGHT. Weights are torchvision's features.* and lin*.model.1.weight
of AlexNet, VGG16 or SqueezeNet. Then, a line each: "run N" compares N pairs, in the memory layout that was faster at the
start, and answers with their seconds; "distance" answers with that of a pair whose bytes are (i % 251) and (i % 241).
"""
import pathlib
import sys
import time

import torch
from torch.nn import functional

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from peer import read_safetensors  # noqa: E402

# Torchvision's numbers of convolutions, or Fire modules; 't' compares, 'p' pools.
ALEXNET = [(0, 4, 2), 't', 'p', (3, 1, 2), 't', 'p', (6, 1, 1), 't', (8, 1, 1), 't', (10, 1, 1), 't']
VGG16 = [(0, 1, 1), (2, 1, 1), 't', 'p', (5, 1, 1), (7, 1, 1), 't', 'p', (10, 1, 1), (12, 1, 1), (14, 1, 1), 't', 'p',
         (17, 1, 1), (19, 1, 1), (21, 1, 1), 't', 'p', (24, 1, 1), (26, 1, 1), (28, 1, 1), 't']
SQUEEZENET = [(0, 2, 0), 't', 'p', 3, 4, 't', 'p', 6, 7, 't', 'p', 9, 't', 10, 't', 11, 't', 12, 't']


class Lpips:
    def __init__(self, tensors, layout):
        self.layout = layout
        self.tensors = {name: t.contiguous(memory_format=layout) if t.dim() == 4 else t for name, t in tensors.items()}
        self.squeeze = 'features.3.squeeze.weight' in tensors
        self.steps = SQUEEZENET if self.squeeze else VGG16 if 'features.2.weight' in tensors else ALEXNET
        self.shift = torch.tensor([-.030, -.088, -.188]).view(1, 3, 1, 1)
        self.scale = torch.tensor([.458, .448, .450]).view(1, 3, 1, 1)

    def convolve(self, x, name, stride=1, padding=0):
        return functional.conv2d(x, self.tensors[name + '.weight'], self.tensors[name + '.bias'], stride, padding).relu_()

    def features(self, picture):
        x = ((2 * picture - 1 - self.shift) / self.scale).contiguous(memory_format=self.layout)
        for step in self.steps:
            if step == 't':
                yield x / ((x * x).sum(1, keepdim=True).sqrt() + 1e-10)
            elif step == 'p':
                size = 2 if self.steps is VGG16 else 3
                x = functional.max_pool2d(x, size, 2, ceil_mode=self.squeeze)
            elif isinstance(step, tuple):
                x = self.convolve(x, f'features.{step[0]}', *step[1:])
            else:
                squeezed = self.convolve(x, f'features.{step}.squeeze')
                x = torch.cat([self.convolve(squeezed, f'features.{step}.expand1x1'),
                               self.convolve(squeezed, f'features.{step}.expand3x3', padding=1)], 1)

    def __call__(self, one, other):
        layers = zip(self.features(one), self.features(other))
        return sum(functional.conv2d((a - b) ** 2, self.tensors[f'lin{i}.model.1.weight']).mean()
                   for i, (a, b) in enumerate(layers))


def seconds(lpips, pictures, count):
    start = time.perf_counter()
    for _ in range(count):
        lpips(*pictures)
    return time.perf_counter() - start


def main():
    torch.set_num_threads(int(sys.argv[2]))
    width, height = int(sys.argv[3]), int(sys.argv[4])
    index = torch.arange(3 * width * height).view(1, height, width, 3).permute(0, 3, 1, 2)
    pictures = [(index % n / 255).contiguous() for n in (251, 241)]
    tensors = read_safetensors(sys.argv[1])
    with torch.inference_mode():
        both = [Lpips(tensors, layout) for layout in (torch.contiguous_format, torch.channels_last)]
        for lpips in both:
            lpips(*pictures)
        lpips = min(both, key=lambda lpips: seconds(lpips, pictures, 1))
        for line in sys.stdin:
            if line.startswith('run '):
                print(seconds(lpips, pictures, int(line[4:])), flush=True)
            else:
                print(lpips(*pictures).item(), flush=True)


main()
