"""montage: images of one piece of sky brought to one grid, freed of their backgrounds, and added up.

Each image lies a little shifted and turned on the sky, under a background of its own: a slanted plane.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workloads.generators import Montage
from workloads.real.builtin import Builtin, rounded
from workloads.real.fits import Image, read, written

REPROJECT_S, BACKGROUND_S, COADD_S = 11e-9, 44e-9, 14e-9
"""CPU seconds per byte of an image (of a co-addition: of all of them); measured."""
_SMALL_BYTES = 1_000_000
_LEAST_SIDE = 16
_NOISE, _SPOT = 1.0, 1.5
"""Of the sky, and the radius of a star, in pixels."""
_CLIPPED = 3.0
_ROUNDS = 5
_TOLERANCE = 1e-3
_STARS_PER_PIXEL = 1 / 400


def reproject(content: bytes) -> bytes:
    """The image on the grid of the sky, interpolated between four pixels; nothing (NaN) where it has no pixels."""
    data, header = read(content)
    rows, columns = data.shape
    down, across = np.mgrid[0:rows, 0:columns].astype(np.float64)
    cos, sin = math.cos(header["CROTA2"]), math.sin(header["CROTA2"])
    x, y = across - header["CRPIX1"], down - header["CRPIX2"]
    own_x, own_y = cos * x + sin * y + columns / 2, cos * y - sin * x + rows / 2
    left, top = np.floor(own_x).astype(np.int64), np.floor(own_y).astype(np.int64)
    inside = (left >= 0) & (top >= 0) & (left < columns - 1) & (top < rows - 1)
    i, k = np.where(inside, top, 0), np.where(inside, left, 0)
    u, v = own_x - left, own_y - top
    upper = data[i, k] * (1 - u) + data[i, k + 1] * u
    lower = data[i + 1, k] * (1 - u) + data[i + 1, k + 1] * u
    return written(np.where(inside, upper * (1 - v) + lower * v, np.nan))


def background(content: bytes) -> bytes:
    """The image less its background: a plane through the pixels that stars do not stand out of."""
    data, _ = read(content)
    is_sky = np.isfinite(data)
    for _round in range(_ROUNDS):
        rest = data - plane_of(data, is_sky)
        spread = 1.4826 * np.median(abs(rest[is_sky] - np.median(rest[is_sky])))
        is_sky &= abs(rest) <= _CLIPPED * spread  # which NaN is not
    return written(data - plane_of(data, is_sky))


def plane_of(data: Image, chosen: NDArray[np.bool_]) -> Image:
    """The plane that is nearest to the chosen pixels in least squares, everywhere."""
    rows, columns = data.shape
    down, across = np.mgrid[0:rows, 0:columns] / max(rows, columns)
    terms = [np.ones(data.shape), across, down]
    sums = [[float((a * b)[chosen].sum()) for b in terms] for a in terms]
    factors = np.linalg.solve(np.array(sums), [float((a * data)[chosen].sum()) for a in terms])
    plane: Image = sum(factor * term for factor, term in zip(factors, terms, strict=True))
    return plane


def coadd(*contents: bytes) -> bytes:
    """All images as one: shifted so that they differ least where they overlap, and weighted by how quiet they are."""
    images = [read(content)[0] for content in contents]
    levels = _levels(images)
    total, weights = np.zeros(images[0].shape), np.zeros(images[0].shape)
    for image, level in zip(images, levels, strict=True):
        seen = np.isfinite(image)
        weight = 1 / max(1e-12, float(np.median((image - level)[seen] ** 2)))
        total += np.where(seen, weight * (image - level), 0)
        weights += np.where(seen, weight, 0)
    return written(np.where(weights > 0, total / np.where(weights > 0, weights, 1), np.nan))


def _levels(images: list[Image]) -> list[float]:
    """The level of each image: in least squares what explains the differences of all pairs; their sum is 0."""
    equations, differences = [[1.0] * len(images)], [0.0]
    for i, k in combinations(range(len(images)), 2):
        both = np.isfinite(images[i]) & np.isfinite(images[k])
        if both.any():
            equations.append([float(j == i) - float(j == k) for j in range(len(images))])
            differences.append(float(np.median(images[i][both] - images[k][both])))
    found = np.linalg.lstsq(np.array(equations), np.array(differences), rcond=None)[0]
    return [float(level) for level in found]


def _grid(montage: Montage) -> tuple[int, int]:
    """Rows and columns, for images of about the bytes that are told."""
    side = max(_LEAST_SIDE, round(math.sqrt(montage.bytes / 4)))
    return side, side


def _stars(montage: Montage) -> NDArray[np.float64]:
    """On the grid of the sky: across, down and brightness of each."""
    rows, columns = _grid(montage)
    random = np.random.default_rng(montage.seed)
    n_stars = max(1, round(rows * columns * _STARS_PER_PIXEL))
    bright = 20 + 500 * random.random(n_stars) ** 4
    return np.stack([random.uniform(0, columns, n_stars), random.uniform(0, rows, n_stars), bright], axis=1)


def true_sky(montage: Montage) -> Image:
    """What the mosaic would be without noise, backgrounds and interpolation."""
    return _drawn(_grid(montage), _stars(montage))


def _drawn(shape: tuple[int, int], stars: NDArray[np.float64]) -> Image:
    """Stars as soft round spots."""
    data = np.zeros(shape)
    reach = math.ceil(5 * _SPOT)
    for x, y, bright in stars:
        top, left = max(0, math.floor(y) - reach), max(0, math.floor(x) - reach)
        spot = (
            data[top : math.floor(y) + reach, left : math.floor(x) + reach] if y > -reach and x > -reach else data[:0]
        )
        down, across = np.mgrid[0 : spot.shape[0], 0 : spot.shape[1]]
        spot += bright * np.exp(-((across + left - x) ** 2 + (down + top - y) ** 2) / (2 * _SPOT**2))
    return data


def _taken(montage: Montage, i: int) -> bytes:
    """One image, where it lies on the sky in its header: its middle (CRPIX) and its turn in radians (CROTA2)."""
    rows, columns = _grid(montage)
    random = np.random.default_rng([montage.seed, i])
    middle_x = columns / 2 + random.uniform(-0.1, 0.1) * columns
    middle_y = rows / 2 + random.uniform(-0.1, 0.1) * rows
    turn = random.uniform(-0.1, 0.1)
    stars = _stars(montage)
    seen = (stars[:, 0] - middle_x + 1j * (stars[:, 1] - middle_y)) * np.exp(-1j * turn)
    own = np.stack([seen.real + columns / 2, seen.imag + rows / 2, stars[:, 2]], axis=1)
    down, across = np.mgrid[0:rows, 0:columns] / max(rows, columns)
    slant_x, slant_y, level = random.uniform(-30, 30), random.uniform(-30, 30), random.uniform(50, 150)
    data = _drawn((rows, columns), own) + level + slant_x * across + slant_y * down
    data += random.normal(0, _NOISE, size=data.shape)
    return written(data, CRPIX1=middle_x, CRPIX2=middle_y, CROTA2=turn)


def _straight(montage: Montage) -> Image:
    """By scipy and numpy's solvers, on all images at once."""
    from scipy import ndimage  # slow to import; only who checks needs it

    rows, columns = _grid(montage)
    down, across = np.mgrid[0:rows, 0:columns].astype(np.float64)
    terms = np.stack([np.ones(rows * columns), across.ravel(), down.ravel()], axis=1)
    images = []
    for i in range(montage.images):
        data, header = read(_taken(montage, i))
        seen = (across - header["CRPIX1"] + 1j * (down - header["CRPIX2"])) * np.exp(-1j * header["CROTA2"])
        places = [seen.imag + rows / 2, seen.real + columns / 2]
        flat = ndimage.map_coordinates(data, places, order=1, cval=np.nan).ravel()
        chosen, rest = np.isfinite(flat), flat
        for _round in range(_ROUNDS + 1):
            rest = flat - terms @ np.linalg.lstsq(terms[chosen], flat[chosen], rcond=None)[0]
            sky = rest[chosen]
            most = _CLIPPED * 1.4826 * np.median(abs(sky - np.median(sky)))
            chosen = chosen & (abs(rest) <= most)
        images.append(rest)
    return _averaged(np.array(images)).reshape(rows, columns)


def _averaged(images: NDArray[np.float64]) -> Image:
    """The weighted mean of images that differ by a level each; the levels from the graph of their overlaps."""
    n, seen = len(images), np.isfinite(images)
    pairs = np.zeros((n, n))
    apart = np.zeros(n)
    for i, k in combinations(range(n), 2):
        if (both := seen[i] & seen[k]).any():
            pairs[i, k] = pairs[k, i] = 1
            difference = np.median(images[i][both] - images[k][both])
            apart += difference * (np.eye(n)[i] - np.eye(n)[k])
    laplacian = np.diag(pairs.sum(axis=1)) - pairs
    level = np.linalg.pinv(laplacian) @ apart
    shifted = np.where(seen, images - level[:, None], 0)
    quiet = np.array([1 / max(1e-12, np.median(each[there] ** 2)) for each, there in zip(shifted, seen, strict=True)])
    weights = np.where(seen, quiet[:, None], 0)
    total = weights.sum(axis=0)
    return np.where(total > 0, (weights * shifted).sum(axis=0) / np.where(total > 0, total, 1), np.nan)


def _agrees(found: bytes, straight: Image) -> bool:
    """Not to the last bit: on its way an image is rounded to floats of four bytes, which may move what is clipped."""
    mosaic, _ = read(found)
    return mosaic.shape == straight.shape and bool(np.allclose(mosaic, straight, atol=_TOLERANCE, equal_nan=True))


def _small(told: Mapping[str, Any]) -> dict[str, object]:
    n_bytes = told.get("bytes", _SMALL_BYTES)
    return {
        "bytes": n_bytes,
        "reproject_s": rounded(REPROJECT_S * n_bytes),
        "background_s": rounded(BACKGROUND_S * n_bytes),
        "coadd_s": rounded(COADD_S * n_bytes * told.get("images", Montage.images)),
    }


MONTAGE = Builtin(
    generator=Montage,
    functions={"reproject": reproject, "background": background, "coadd": coadd},
    given=lambda montage: {f"image-{i}": _taken(montage, i) for i in range(montage.images)},
    straight=_straight,
    small=_small,
    agrees=_agrees,
)
