"""Policy points: the decisions of a worker that a plan may change, with what is done by default.

A policy returns values and never acts. Several are combined by a written rule, never by order: `uploads` is a
union (any yes wins), `adopts` may be changed by one policy at most, `waits` holds if any policy wants to hold.
"""

from collections.abc import Callable, Sequence

from msgspec import Struct

from .view import View


def needed_elsewhere(view: View, task: int, adopted: Sequence[int]) -> tuple[int, ...]:
    """Outputs that are results, or that some consumer other than the adopted ones reads."""
    return tuple(
        found
        for found in view.outputs[task]
        if view.is_result[found] or any(reader not in adopted for reader in view.consumers[found])
    )


def most_urgent(view: View, candidates: Sequence[int], busy: bool) -> tuple[int, ...]:
    """Continue with one ready task oneself, the most urgent; with none while there is other work."""
    if busy or not candidates:
        return ()
    return (min(candidates, key=lambda task: (view.priority[task], task)),)


def as_planned(view: View, worker: int) -> bool:
    """Hold (wait, billed) or release, as the plan says of the worker."""
    return view.hold[worker] if worker < view.n_workers else True


class Policies(Struct, frozen=True):
    """One function for each policy point, bound once when a machine starts."""

    uploads: Callable[[View, int, Sequence[int]], tuple[int, ...]] = needed_elsewhere
    adopts: Callable[[View, Sequence[int], bool], tuple[int, ...]] = most_urgent
    holds: Callable[[View, int], bool] = as_planned


DEFAULT_POLICIES = Policies()
