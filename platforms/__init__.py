"""Where workflows run: declarative serverless platforms, with presets whose every figure has a source."""

from platforms.describe import Figure, describe
from platforms.distribution import (
    Constant,
    Distribution,
    Empirical,
    Exponential,
    Lognormal,
    Mixture,
    Part,
    Uniform,
)
from platforms.errors import PlatformError
from platforms.load import change_platform, load_platform, presets
from platforms.overrides import ALIASES
from platforms.platform import Platform

__all__ = [
    "ALIASES",
    "Constant",
    "Distribution",
    "Empirical",
    "Exponential",
    "Figure",
    "Lognormal",
    "Mixture",
    "Part",
    "Platform",
    "PlatformError",
    "Uniform",
    "change_platform",
    "describe",
    "load_platform",
    "presets",
]
