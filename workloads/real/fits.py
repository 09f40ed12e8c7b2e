"""Images like those of astronomers: the simplest form of FITS, a header of cards and one array of floats."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.float64]

_BLOCK, _CARD = 2880, 80


def written(data: Image, **header: float) -> bytes:
    """An image as bytes: cards of text, padded to blocks, then big-endian floats of four bytes, padded."""
    rows, columns = data.shape
    cards = {"SIMPLE": "T", "BITPIX": "-32", "NAXIS": "2", "NAXIS1": str(columns), "NAXIS2": str(rows)}
    cards |= {key: repr(float(value)) for key, value in header.items()}
    lines = "".join(f"{key:8}= {value:>20}".ljust(_CARD) for key, value in cards.items()) + "END".ljust(_CARD)
    head, body = lines.encode(), data.astype(">f4").tobytes()
    return head.ljust(-(-len(head) // _BLOCK) * _BLOCK) + body.ljust(-(-len(body) // _BLOCK) * _BLOCK, b"\0")


def read(content: bytes) -> tuple[Image, dict[str, float]]:
    """The array of an image, and the numbers of its header."""
    header: dict[str, float] = {}
    at = 0
    while not (card := content[at : at + _CARD].decode()).startswith("END"):
        key, _, value = card.partition("=")
        if value.strip() != "T":
            header[key.strip()] = float(value)
        at += _CARD
    rows, columns = int(header["NAXIS2"]), int(header["NAXIS1"])
    begin = -(-(at + _CARD) // _BLOCK) * _BLOCK
    data = np.frombuffer(content, dtype=">f4", count=rows * columns, offset=begin)
    return data.reshape(rows, columns).astype(np.float64), header
