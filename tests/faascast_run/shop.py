"""A module of a user's: tasks, a helper that they use, and a function that makes nodes."""

from __future__ import annotations

import sys
from pathlib import Path

import faascast

TAX = 2


def taxed(price: int) -> int:
    return price * TAX


@faascast.task
def price(item: str) -> int:
    return taxed(len(item))


@faascast.task
def bill(prices: list[int]) -> int:
    if Path("closed").exists():
        raise RuntimeError("the shop is closed")
    return sum(prices)


def order() -> faascast.Node:
    return bill([price("bread"), price("butter")])


@faascast.task
def shy() -> str:
    if "typer" in sys.modules:  # as it is where `faascast run` is, and on no worker
        sys.exit("I work where nobody looks")
    return "done"


def secretly() -> faascast.Node:
    return shy()


def close() -> faascast.Node:
    sys.exit()
