"""Copiers: whose attempt at a task is a copy, by a number that no plan changes.

A copy is another attempt, with luck of its own. If attempts were counted by who comes first, a copy that overtakes
would take over the luck of whom it copies; so its attempts are counted apart, under the copier's number.
"""

from __future__ import annotations

from typing import Any

from executor.worker.view import View, split_marker

_ATTEMPTS_BITS = 20


def copiers_of(view: View) -> dict[tuple[int, int], int]:
    """(Worker, task) of all that may be copies: 1 for a backup, for a duplicate 2 and more, by consumer."""
    backups = {(view.copy_worker(task), task): 1 for task in view.backup_after_ns}
    duplicates = {
        (view.worker_of[consumer], task): 2 + consumer
        for consumer, orders in sorted(view.duplicates.items(), reverse=True)
        for task, _ in orders
    }
    return backups | duplicates


def copier_of(party: Any, task: int) -> int:
    """The number under which somebody's attempts at a task are counted; 0 for those who are to run it."""
    copiers: dict[tuple[int, int], int] = party.job.setting.copiers
    return copiers.get((split_marker(party.marker)[0], task), 0) if copiers else 0


def callee(party: Any, worker: int, task: int) -> int:
    """The same for whoever is called on account of a task."""
    copiers: dict[tuple[int, int], int] = party.job.setting.copiers
    return copiers.get((worker, task), 0) if copiers else 0


def attempt(copier: int, count: int) -> int:
    """The number of a copier's attempt, which nobody else's has."""
    return copier << _ATTEMPTS_BITS | count
