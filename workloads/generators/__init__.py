"""Workflows made from a few parameters and a seed."""

from workloads.generators.shapes import Chain, Diamond, ForkJoin, InTree, Layered, OutTree
from workloads.generators.sketch import Generator

GENERATORS: tuple[type[Generator], ...] = (Chain, ForkJoin, InTree, OutTree, Diamond, Layered)
"""The families behind ``gen:``."""

__all__ = ["GENERATORS", "Chain", "Diamond", "ForkJoin", "Generator", "InTree", "Layered", "OutTree"]
