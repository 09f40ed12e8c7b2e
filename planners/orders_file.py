"""Orders as a plan's file has them: by the names of tasks and workers, to be read and edited without counting."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from planners.orders import Orders
from planners.parameters import among

_TASKS = frozenset({"task", "consumer", "producer"})
_TASK_LISTS = frozenset({"preload"})
_WORKERS = frozenset({"worker"})

Complain = Callable[[str, object, str], None]
"""Told of a field, its value and what was expected."""


def orders_by_name(orders: Orders, tasks: Sequence[str], workers: Sequence[str]) -> dict[str, Any]:
    """Orders as plain data, names in place of numbers."""
    named: dict[str, Any] = _replaced(msgspec.to_builtins(orders), "", lambda field, n: _pick(field, tasks, workers)[n])
    return named


def orders_by_number(
    document: dict[str, Any], tasks: Mapping[str, int], workers: Mapping[str, int], complain: Complain
) -> dict[str, Any]:
    """The reverse; `complain` is told of every name that is not known, which then counts as number 0."""

    def number(field: str, name: object) -> object:
        known = _pick(field, tasks, workers)
        if not isinstance(name, str):
            complain(f"orders.{field}", name, "a name")
            return 0
        if name not in known:
            complain(f"orders.{field}", name, among(name, known))
        return known.get(name, 0)

    numbered: dict[str, Any] = _replaced(document, "", number)
    return numbered


def references(orders: Orders) -> Iterator[tuple[str, bool, int]]:
    """Every task or worker that orders name: the field, whether it is a worker, and its number."""
    found: list[tuple[str, bool, int]] = []
    _replaced(msgspec.to_builtins(orders), "", lambda field, n: found.append((field, _last(field) in _WORKERS, n)))
    yield from found


def _pick(field: str, tasks: Any, workers: Any) -> Any:
    return workers if _last(field) in _WORKERS else tasks


def _last(field: str) -> str:
    return field.rpartition(".")[2].partition("[")[0]


def _replaced(value: Any, field: str, change: Callable[[str, Any], Any]) -> Any:
    """The same structure, every task and worker in it changed."""
    if isinstance(value, dict):
        return {key: _replaced(item, f"{field}.{key}" if field else key, change) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_replaced(item, f"{field}[{i}]", change) for i, item in enumerate(value)]
    return change(field, value) if _is_name(field) else value


def _is_name(field: str) -> bool:
    last = _last(field)
    return last in _TASKS | _WORKERS or (last in _TASK_LISTS and field.endswith("]"))
