# SPDX-FileCopyrightText: The mpq developers
# SPDX-License-Identifier: LGPL-2.1-or-later
"""CompressAI, as a peer of mpqmbt2018enc and mpqmbt2018dec.

CompressAI and what it imports are looked for in the folders that MPQ_COMPRESSAI names (colons between them), then
where Python looks anyway. Its C++ extensions must have been built.

usage: mbt2018_peer.py --check
       mbt2018_peer.py MODEL WEIGHTS.safetensors PICTURE.rgb WIDTH HEIGHT THREADS [OPTION...]

--check prints the versions, or says what is missing on standard error and exits with 1. MODEL is mbt2018,
mbt2018-mean or bmshj2018-hyperprior. PICTURE holds rows of red, green and blue bytes; it is padded with zeros to
multiples of 64, centred, as CompressAI's own tools do. OPTION is channels-last (faster for the models without context,
slower for mbt2018 and its many small steps) or no-grad (default: inference mode).

Then, a line each, with a line for an answer:
  compress N           seconds that N compressions of the picture take
  decompress N         seconds that N decompressions of its strings take
  bytes                lengths of the two strings: latents, hyper-latents
  strings FILE FILE    writes the two strings; answers with their lengths
  picture FILE         writes the decompressed picture as PICTURE is; answers with its PSNR in dB
"""
import json
import math
import os
import struct
import sys
import time

import numpy as np

TYPES = {'F32': np.float32, 'I32': np.int32, 'I64': np.int64}
CLASSES = {'mbt2018': 'JointAutoregressiveHierarchicalPriors', 'mbt2018-mean': 'MeanScaleHyperprior',
           'bmshj2018-hyperprior': 'ScaleHyperprior'}

sys.path[:0] = [folder for folder in os.environ.get('MPQ_COMPRESSAI', '').split(':') if folder]
try:
    import compressai
    import compressai.ans  # the extension, which a source tree lacks until it is built
    import torch
    from compressai.ops import compute_padding
    from compressai.zoo.pretrained import load_pretrained
except ImportError as error:
    sys.exit(f'mbt2018_peer.py: no CompressAI: {error}. Set MPQ_COMPRESSAI to the folder that holds it, built.')


def read_safetensors(path):
    with open(path, 'rb') as file:
        length, = struct.unpack('<Q', file.read(8))
        header = json.loads(file.read(length))
    data = np.memmap(path, np.uint8, 'r', 8 + length)
    return {name: torch.from_numpy(np.array(data[slice(*entry['data_offsets'])].view(TYPES[entry['dtype']]))
                                   .reshape(entry['shape']))
            for name, entry in header.items() if name != '__metadata__'}


class Peer:
    def __init__(self, model, weights, picture, width, height, layout):
        # Published files spell keys in a way that only the zoo's own loader still reads.
        state = load_pretrained(read_safetensors(weights))
        self.model = getattr(compressai.models, CLASSES[model]).from_state_dict(state).eval().to(memory_format=layout)
        self.rgb = np.fromfile(picture, np.uint8).reshape(height, width, 3)
        pixels = torch.from_numpy(self.rgb).permute(2, 0, 1).unsqueeze(0).float() / 255
        self.padding, self.cropping = compute_padding(height, width, min_div=64)
        self.pixels = torch.nn.functional.pad(pixels, self.padding).contiguous(memory_format=layout)
        self.coded = self.model.compress(self.pixels)

    def compress(self):
        return self.model.compress(self.pixels)

    def decompress(self):
        return self.model.decompress(self.coded['strings'], self.coded['shape'])

    def strings(self):
        return [of_kind[0] for of_kind in self.coded['strings']]

    def picture(self, path):
        decoded = torch.nn.functional.pad(self.decompress()['x_hat'], self.cropping)[0].permute(1, 2, 0)
        rgb = (decoded * 255).round().byte().numpy()
        rgb.tofile(path)
        error = np.mean((rgb.astype(float) - self.rgb) ** 2)
        return 10 * math.log10(255 ** 2 / error) if error else math.inf


def seconds(work, count):
    start = time.perf_counter()
    for _ in range(count):
        work()
    return time.perf_counter() - start


def answer(peer, words):
    if words[0] == 'compress':
        return seconds(peer.compress, int(words[1]))
    if words[0] == 'decompress':
        return seconds(peer.decompress, int(words[1]))
    if words[0] == 'picture':
        return peer.picture(words[1])
    strings = peer.strings()
    for path, string in zip(words[1:], strings):
        with open(path, 'wb') as file:
            file.write(string)
    return ' '.join(str(len(string)) for string in strings)


def main():
    if sys.argv[1:] == ['--check']:
        print('CompressAI', getattr(compressai, '__version__', '(version unknown)'), 'with PyTorch', torch.__version__)
        return
    model, weights, picture, width, height, threads, *options = sys.argv[1:]
    torch.set_num_threads(int(threads))
    layout = torch.channels_last if 'channels-last' in options else torch.contiguous_format
    with torch.no_grad() if 'no-grad' in options else torch.inference_mode():
        peer = Peer(model, weights, picture, int(width), int(height), layout)
        for line in sys.stdin:
            print(answer(peer, line.split()), flush=True)


main()
