"""Where workflows run: declarative serverless platforms, with presets whose every figure has a source."""

from platforms.distribution import (
    Constant,
    Distribution,
    Empirical,
    Exponential,
    Lognormal,
    Mixture,
    Uniform,
)
from platforms.errors import Fault, PlatformError
from platforms.load import load_platform, presets
from platforms.platform import Platform

__all__ = [
    "Constant",
    "Distribution",
    "Empirical",
    "Exponential",
    "Fault",
    "Lognormal",
    "Mixture",
    "Platform",
    "PlatformError",
    "Uniform",
    "load_platform",
    "presets",
]
