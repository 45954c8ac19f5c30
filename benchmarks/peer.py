# SPDX-FileCopyrightText: The mpq developers
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What the peers in PyTorch have in common."""
import json
import struct

import numpy as np
import torch


def read_safetensors(path):
    """Tensors of a file that holds float32 alone, by name."""
    with open(path, 'rb') as file:
        length, = struct.unpack('<Q', file.read(8))
        header = json.loads(file.read(length))
    data = np.memmap(path, np.uint8, 'r', 8 + length)
    return {name: torch.from_numpy(np.array(data[slice(*entry['data_offsets'])].view(np.float32)).reshape(entry['shape']))
            for name, entry in header.items() if name != '__metadata__'}
