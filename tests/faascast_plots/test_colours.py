"""Colours that stand for different things can be told apart, by the colour-blind too.

Colour blindness is simulated by the matrices of Machado, Oliveira and Fernandes (IEEE TVCG 2009) at full severity;
distances are Euclidean in CIELAB, in which about 2.3 is just noticeable.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from executor.records.critical_path import WaitCause
from faascast.plots.heat import HEAT_COLOURS
from faascast.plots.style import CAUSE_COLOURS, FUNCTION_COLOURS, HELD

EYES: dict[str, list[list[float]]] = {
    "usual": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
WAITS = (
    *(
        CAUSE_COLOURS[cause]
        for cause in (WaitCause.FETCH, WaitCause.UPLOAD, WaitCause.DEPENDENCY, WaitCause.INVOCATION)
    ),
    HELD,
)
LINES = (*dict.fromkeys(HEAT_COLOURS.values()), "#FFFFFF")
LEAST_DISTANCE = 12.0


def lab(colour: str, eye: list[list[float]]) -> NDArray[np.float64]:
    """CIELAB of a colour (`#RRGGBB`, sRGB, D65) as an eye sees it."""
    rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.array(eye) @ linear, 0, 1)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = to_xyz @ seen / np.array([0.9505, 1.0, 1.089])
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("colours", [FUNCTION_COLOURS, WAITS, tuple(CAUSE_COLOURS.values()), LINES])
def test_colours_differ(colours: Sequence[str], eye: str) -> None:
    for one, other in combinations(colours, 2):
        distance = float(np.linalg.norm(lab(one, EYES[eye]) - lab(other, EYES[eye])))
        assert distance > LEAST_DISTANCE, f"{one} and {other} look alike: {distance:.1f}"
