"""Policy points: the decisions of a worker that an optimization may change, with what is done by default.

A policy returns values and never acts. Several are combined by a written rule, never by order: what to upload
besides the necessary is a union (any yes wins); `adopts` may be changed by one of them at most; a worker holds if
any wants it to. Fetches and runs follow the plan's priority, which is not a policy's to change.
"""

from collections.abc import Callable, Sequence

from msgspec import Struct

from .view import View


def most_urgent(view: View, candidates: Sequence[int], busy: bool) -> tuple[int, ...]:
    """Go on with one ready task oneself, the most urgent; with none while there is other work."""
    if busy or not candidates:
        return ()
    return (min(candidates, key=lambda task: (view.priority[task], task)),)


def as_planned(view: View, worker: int) -> bool:
    """Hold (wait, billed) or release, as the plan says of the worker."""
    return view.hold[worker] if worker < view.n_workers else True


def nothing_more(view: View, task: int) -> tuple[int, ...]:
    """Upload what is needed elsewhere, and no more."""
    return ()


class Policies(Struct, frozen=True):
    """One function for each policy point, bound once when a machine starts."""

    adopts: Callable[[View, Sequence[int], bool], tuple[int, ...]] = most_urgent
    """Of the flexible tasks that a worker could go on with: those it does. Told whether it has other work."""
    holds: Callable[[View, int], bool] = as_planned
    """Whether a worker without work waits for its tasks to come, or exits to be invoked again."""
    uploads: Callable[[View, int], tuple[int, ...]] = nothing_more
    """Outputs of a task to upload although nobody elsewhere is known to need them."""


DEFAULT_POLICIES = Policies()


def needed_elsewhere(view: View, task: int, kept: Sequence[int]) -> tuple[int, ...]:
    """Outputs that are results, or that some consumer other than the ``kept`` ones reads."""
    here = frozenset(kept)
    return tuple(
        found for found in view.outputs[task] if view.is_result[found] or not here.issuperset(view.consumers[found])
    )


def combined_uploads(*policies: Callable[[View, int], tuple[int, ...]]) -> Callable[[View, int], tuple[int, ...]]:
    """The union of what several policies want uploaded."""
    return lambda view, task: tuple(sorted({found for policy in policies for found in policy(view, task)}))


def combined_holds(*policies: Callable[[View, int], bool]) -> Callable[[View, int], bool]:
    """Hold if any policy wants to."""
    return lambda view, worker: any(policy(view, worker) for policy in policies)
