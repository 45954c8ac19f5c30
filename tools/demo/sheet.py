# SPDX-FileCopyrightText: The mpq developers
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The contact sheet: a row a picture, a column the original and each codec; the whole and a part at full size."""
import collections
import struct

from lines import quoted

Cell = collections.namedtuple("Cell", "picture caption")  # a PNG file, and what stands above it

CELL_WIDTH, CAPTION_HEIGHT, DETAIL_HEIGHT, GAP = 620, 34, 300, 12
FONT = "Sans 13"


def png_size(path):
    header = path.read_bytes()[:24]
    if header[12:16] != b"IHDR":
        raise ValueError(f"{path} is no PNG file")
    return struct.unpack(">II", header[16:24])


def scaled(width, height):
    factor = min(1, CELL_WIDTH / width, CELL_WIDTH / height)
    return max(1, round(width * factor)), max(1, round(height * factor))


def sheet_line(rows, target):
    """The pipeline that draws `rows`, lists of Cells, the original first."""
    tiles, positions, y = [], [], GAP
    for row in rows:
        width, height = png_size(row[0].picture)
        small_width, small_height = scaled(width, height)
        detail_width, detail_height = min(width, CELL_WIDTH), min(height, DETAIL_HEIGHT)
        across, down = width - detail_width, height - detail_height
        crop = f"videocrop left={across // 2} right={across - across // 2} top={down // 2} bottom={down - down // 2}"
        for column, cell in enumerate(row):
            x = GAP + column * (CELL_WIDTH + GAP)
            picture = f"filesrc location={quoted(cell.picture)} ! pngdec"
            tiles += [
                f"videotestsrc pattern=white num-buffers=1 ! video/x-raw,width={CELL_WIDTH},height={CAPTION_HEIGHT}"
                f" ! textoverlay text={quoted(cell.caption)} font-desc={quoted(FONT)} color=0xff000000"
                f" draw-outline=false draw-shadow=false halignment=left valignment=center xpad=0",
                f"{picture} ! videoscale ! video/x-raw,width={small_width},height={small_height}"
                f",pixel-aspect-ratio=1/1 ! imagefreeze num-buffers=1",
                f"{picture} ! {crop} ! imagefreeze num-buffers=1"]
            below = y + CAPTION_HEIGHT
            positions += [(x, y), (x + (CELL_WIDTH - small_width) // 2, below),
                          (x + (CELL_WIDTH - detail_width) // 2, below + small_height + GAP // 2)]
        y += CAPTION_HEIGHT + small_height + GAP // 2 + detail_height + GAP
    width = GAP + max(map(len, rows)) * (CELL_WIDTH + GAP)
    pads = " ".join(f"sink_{i}::xpos={x} sink_{i}::ypos={y}" for i, (x, y) in enumerate(positions))
    return " ".join([f"compositor name=sheet background=white {pads} ! video/x-raw,format=RGB,width={width},height={y}"
                     f" ! pngenc snapshot=true ! filesink location={quoted(target)}"]
                    + [f"{tile} ! sheet.sink_{i}" for i, tile in enumerate(tiles)])
