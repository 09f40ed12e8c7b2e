"""Patience: what the client's side asks of the store is tried again as workers try it, by the platform's rules."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import count
from typing import TypeVar

from executor.local.clock import NS_PER_S
from executor.store.store import Missing, Refused, StoreError
from executor.worker.instructions import CLIENT
from executor.worker.retry import Retry
from executor.worker.view import marker_of

_T = TypeVar("_T")
_WHO = marker_of(CLIENT, 1)


def patiently(again: Retry, act: Callable[[], _T]) -> _T:
    """Do something that the store may fail at. StoreError: the last time it did, or where trying again is in vain."""
    for attempt in count(1):
        try:
            return act()
        except (Missing, Refused):
            raise
        except StoreError:
            delay_ns = again.delay_ns(attempt, _WHO)
            if delay_ns is None:
                raise
            time.sleep(delay_ns / NS_PER_S)
    raise AssertionError("a count has no end")
