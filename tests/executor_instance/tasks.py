"""What tasks of the tests do; instances import this, so it imports nothing slow."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from hashlib import blake2b
from time import sleep
from typing import Any


def raises(value: object) -> None:
    raise ValueError(f"not {value}\nat all")


def raises_within_the_library(value: bytes) -> object:
    return json.loads(value)


def leaves(_: object) -> None:
    sys.exit(3)


def eats_all(_: object) -> None:
    raise MemoryError


def cannot_be_stored(_: object) -> Any:
    return (each for each in ()), sys.stdout


def first_try_fails(folder: str) -> str:
    mark = f"{folder}/tried"
    if os.access(mark, os.F_OK):
        return "second"
    os.close(os.open(mark, os.O_CREAT))
    raise OSError("the first")


def takes_nothing() -> int:
    return 1


def digest(task: int, n_outputs: int, *inputs: object) -> object:
    """Outputs that tell whether each task read the right inputs."""
    made = [blake2b(repr((task, place, inputs)).encode()).hexdigest() for place in range(n_outputs)]
    return made[0] if n_outputs == 1 else made


def until_stopped(folder: str) -> None:
    os.close(os.open(f"{folder}/runs", os.O_CREAT))
    try:
        while True:
            sum(range(1000))
    finally:
        os.close(os.open(f"{folder}/cleaned up", os.O_CREAT))


def pieces(folder: str, fails_first: bool) -> Iterator[bytes]:
    """Five pieces, the second when the reader runs."""
    mark = f"{folder}/tried"
    fails = fails_first and not os.access(mark, os.F_OK)
    os.close(os.open(mark, os.O_CREAT))
    for number in range(5):
        yield f"{number}{'?' if fails else '.'}".encode()
        while not os.access(f"{folder}/reads", os.F_OK):
            sleep(0.01)
        sleep(0.1)
        if fails and number == 2:
            raise ValueError("after three pieces")


def whereabouts() -> tuple[str, str, str]:
    return os.getcwd(), sys.path[0], os.environ["SAID"]  # noqa: PTH109 (pathlib is slow to import)


def waits_for(folder: str) -> None:
    while not os.access(f"{folder}/go on", os.F_OK):
        sleep(0.01)
