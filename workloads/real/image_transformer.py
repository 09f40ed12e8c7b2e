"""image_transformer: an image in chunks, each coloured and searched for edges side by side, combined, and merged."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workloads.generators import ImageTransformer
from workloads.real.builtin import Builtin, rounded

Pixels = NDArray[np.uint8]
Integers = NDArray[np.int64]

STEP_S = 3.5e-9
"""CPU seconds of a step per byte of a chunk; measured."""
_SMALL_BYTES = 6_000_000
_SEPIA = ((393, 769, 189), (349, 686, 168), (272, 534, 131))
"""The usual matrix, in thousandths."""
_GREY = (299, 587, 114)
"""Weights of red, green and blue, in thousandths."""


def _pixels(values: NDArray[Any]) -> Pixels:
    return np.asarray(values, dtype=np.uint8)


def split(image: Pixels, *, chunks: int, sleep_s: float) -> list[Pixels]:
    """Strips of the image, after a sleep."""
    time.sleep(sleep_s)
    return [strip.copy() for strip in np.split(image, chunks)]


def get(strips: list[Pixels], *, chunk: int) -> Pixels:
    """One of the strips."""
    return strips[chunk]


def resize(chunk: Pixels) -> Pixels:
    """Half as large, each pixel the mean of four, and as large again."""
    rows, columns, colours = chunk.shape
    means = chunk.reshape(rows // 2, 2, columns // 2, 2, colours).sum(axis=(1, 3), dtype=np.int64) // 4
    return _pixels(means.repeat(2, axis=0).repeat(2, axis=1))


def _around(pixels: Pixels) -> list[Integers]:
    """The pixels, and their eight neighbours: those to the left above first, row by row; beyond an edge is its copy."""
    padded = np.pad(pixels.astype(np.int64), [(1, 1), (1, 1), *[(0, 0)] * (pixels.ndim - 2)], mode="edge")
    rows, columns = pixels.shape[:2]
    return [padded[i : i + rows, k : k + columns] for i in range(3) for k in range(3)]


def blur(chunk: Pixels) -> Pixels:
    """Each pixel the mean of nine."""
    return _pixels(reduce(np.add, _around(chunk)) // 9)


def normalize(chunk: Pixels) -> Pixels:
    """From black to white, whatever the contrast was."""
    least, most = int(chunk.min()), int(chunk.max())
    return _pixels((chunk.astype(np.int64) - least) * 255 // max(1, most - least))


def sepia(chunk: Pixels) -> Pixels:
    """As in old photographs."""
    toned = chunk.astype(np.int64) @ np.array(_SEPIA).T // 1000
    return _pixels(np.minimum(toned, 255))


def edges(chunk: Pixels) -> Pixels:
    """How much the grey of pixels changes around them (Sobel), a byte each."""
    grey = _pixels(chunk.astype(np.int64) @ np.array(_GREY) // 1000)
    a, b, c, d, _, f, g, h, i = _around(grey)
    across, down = (c + 2 * f + i) - (a + 2 * d + g), (g + 2 * h + i) - (a + 2 * b + c)
    return _pixels(np.minimum(abs(across) + abs(down), 255))


def sharpen(grey: Pixels) -> Pixels:
    """Differences to the neighbours made stronger."""
    _, b, _, d, e, f, _, h, _ = _around(grey)
    return _pixels(np.clip(5 * e - b - d - f - h, 0, 255))


def combine(colour: Pixels, lines: Pixels) -> Pixels:
    """Colours, with lines over them."""
    return _pixels((3 * colour.astype(np.int64) + lines[:, :, None]) // 4)


def merge(*chunks: Pixels) -> Pixels:
    """The image of its strips."""
    return np.concatenate(chunks)


def _image(transformer: ImageTransformer) -> Pixels:
    """Soft shapes and noise, about as large as told: 3 : 2, with strips of even height."""
    random = np.random.default_rng(transformer.seed)
    columns = 2 * max(1, round(math.sqrt(transformer.image_bytes / 2) / 2))
    rows = 2 * max(1, round(columns / 1.5 / 2 / transformer.chunks)) * transformer.chunks
    down, across = np.mgrid[0:rows, 0:columns] / columns
    shapes = [np.sin(down * random.uniform(5, 40) + random.uniform(0, 6)) * np.cos(across * 20) for _ in range(3)]
    bright = np.stack(shapes, axis=-1) * 80 + random.integers(0, 60, size=(rows, columns, 3)) + 90
    return _pixels(bright)


def _straight(transformer: ImageTransformer) -> Pixels:
    """By scipy, on all strips at once."""
    from scipy import ndimage  # slow to import; only who checks needs it

    def around(pixels: Integers, weights: list[list[int]]) -> Integers:
        kernel = np.array(weights).reshape(1, 3, 3, *[1] * (pixels.ndim - 3))
        return np.asarray(ndimage.correlate(pixels, kernel, mode="nearest"))

    image = _image(transformer)
    strips = image.reshape(transformer.chunks, -1, *image.shape[1:]).astype(np.int64)
    fours = [strips[:, i::2, k::2] for i in (0, 1) for k in (0, 1)]
    halved = sum(fours[1:], fours[0]) // 4
    blurred = around(np.kron(halved, np.ones((1, 2, 2, 1), dtype=np.int64)), [[1, 1, 1]] * 3) // 9
    least, most = (bound(axis=(1, 2, 3), keepdims=True) for bound in (blurred.min, blurred.max))
    stretched = (blurred - least) * 255 // np.maximum(1, most - least)
    coloured = np.minimum(np.einsum("srcx,yx->srcy", stretched, np.array(_SEPIA)) // 1000, 255)
    grey = np.einsum("srcx,x->src", strips, np.array(_GREY)) // 1000
    across, down = (
        around(grey, [[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]),
        around(grey, [[-1, -2, -1], [0, 0, 0], [1, 2, 1]]),
    )
    lines = around(np.minimum(abs(across) + abs(down), 255), [[0, -1, 0], [-1, 5, -1], [0, -1, 0]]).clip(0, 255)
    return _pixels(((3 * coloured + lines[..., None]) // 4).reshape(image.shape))


def _options(transformer: ImageTransformer, function: str, numbers: tuple[int, ...]) -> dict[str, object]:
    match function:
        case "split":
            return {"chunks": transformer.chunks, "sleep_s": transformer.sleep_s}
        case "get":
            return {"chunk": numbers[0]}
    return {}


def _small(told: Mapping[str, Any]) -> dict[str, object]:
    n_bytes = told.get("image_bytes", _SMALL_BYTES)
    chunk_bytes = n_bytes // told.get("chunks", ImageTransformer.chunks)
    return {
        "image_bytes": n_bytes,
        "chunk_bytes": chunk_bytes,
        "edges_bytes": chunk_bytes // 3,
        "sleep_s": 0.1,
        "cpu_s": rounded(STEP_S * chunk_bytes),
    }


IMAGE_TRANSFORMER = Builtin(
    generator=ImageTransformer,
    functions={
        "split": split,
        "get": get,
        "resize": resize,
        "blur": blur,
        "normalize": normalize,
        "sepia": sepia,
        "edges": edges,
        "sharpen": sharpen,
        "combine": combine,
        "merge": merge,
    },
    given=lambda transformer: {"image": _image(transformer)},
    straight=_straight,
    small=_small,
    options=_options,
)
