"""Requests to the ledger, as they stand in the log. What only reads is not there."""

from typing import TypeAlias

from msgspec import Struct

from executor.worker.instructions import Entry


class Request(Struct, frozen=True, gc=False, tag=True, array_like=True):
    """Something to change."""


class Commit(Request, frozen=True, gc=False):
    """`Ledger.commit`."""

    marker: int
    entries: tuple[Entry, ...]


class Subscribe(Request, frozen=True, gc=False):
    """`Ledger.subscribe`."""

    marker: int
    tasks: tuple[int, ...]


class Release(Request, frozen=True, gc=False):
    """`Ledger.release`."""

    marker: int
    tasks: tuple[int, ...]


class Bury(Request, frozen=True, gc=False):
    """`Ledger.bury`."""

    worker: int
    epoch: int


AnyRequest: TypeAlias = Commit | Subscribe | Release | Bury
