"""Workflows made from a few parameters and a seed."""

from workloads.generators.azure import Azure
from workloads.generators.builtins import (
    FixedTimes,
    Gemm,
    ImageTransformer,
    Montage,
    TextAnalysis,
    TreeReduction,
    WordCount,
)
from workloads.generators.generator import Generator
from workloads.generators.maps import MapJoin
from workloads.generators.recipes import RECIPES, Recipe
from workloads.generators.shapes import Chain, Diamond, ForkJoin, InTree, Layered, OutTree

BUILTINS: tuple[type[Generator], ...] = (
    Gemm,
    TreeReduction,
    TextAnalysis,
    ImageTransformer,
    Montage,
    WordCount,
    FixedTimes,
)
"""The workflows that have a name of their own."""

SHAPES: tuple[type[Generator], ...] = (Chain, ForkJoin, InTree, OutTree, Diamond, Layered, MapJoin, Azure)
"""The families behind ``gen:``."""

__all__ = [
    "BUILTINS",
    "RECIPES",
    "SHAPES",
    "Azure",
    "Chain",
    "Diamond",
    "FixedTimes",
    "ForkJoin",
    "Gemm",
    "Generator",
    "ImageTransformer",
    "InTree",
    "Layered",
    "MapJoin",
    "Montage",
    "OutTree",
    "Recipe",
    "TextAnalysis",
    "TreeReduction",
    "WordCount",
]
