"""Work for several processes, on one workflow that each of them is given once."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from types import TracebackType
from typing import Any, Self, TypeVar

from workloads import Workflow

Item = TypeVar("Item")
Result = TypeVar("Result")


class WorkLostError(ChildProcessError):
    """A process died (killed, out of memory), and what it was doing is lost."""

    def __init__(self) -> None:
        super().__init__("a process died with its work undone: killed, or out of memory; fewer processes may do")


class Crew:
    """Does work on a workflow, here or in several processes; results are the same, only when they come is not.

    Used as a context. Left early, it finishes what has been begun and begins nothing more.
    """

    def __init__(self, workflow: Workflow, processes: int) -> None:
        self._workflow = workflow
        self._pool: ProcessPoolExecutor | None = None
        if processes > 1:
            # Spawned, not forked: a process begins with nothing but what it is given, on every system.
            self._pool = ProcessPoolExecutor(
                processes, mp_context=get_context("spawn"), initializer=_begin, initargs=(workflow,)
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool:
            self._pool.shutdown(cancel_futures=True)

    def as_they_come(
        self, work: Callable[[Workflow, Item], Result], items: Sequence[Item]
    ) -> Iterator[tuple[int, Result]]:
        """`work(workflow, item)` for each item, with the item's index.

        `work`, items and results go from process to process, so they must pickle.
        """
        if self._pool is None:
            yield from ((index, work(self._workflow, item)) for index, item in enumerate(items))
            return
        try:
            indices = {self._pool.submit(_carry_out, work, item): index for index, item in enumerate(items)}
            for future in as_completed(indices):
                yield indices[future], future.result()
        except BrokenProcessPool:
            raise WorkLostError from None

    def in_order(
        self,
        work: Callable[[Workflow, Item], Result],
        items: Sequence[Item],
        report: Callable[[int], None] = lambda index: None,
    ) -> list[Result]:
        """The results in the order of the items; `report(index)` is told of each as it comes."""
        results: dict[int, Result] = {}
        for index, result in self.as_they_come(work, items):
            results[index] = result
            report(index)
        return [results[index] for index in range(len(items))]


_given: list[Workflow] = []
"""In a process of the pool: the workflow it works on."""


def _begin(workflow: Workflow) -> None:
    # An interrupt from the keyboard goes to all processes: these end silently, the first one says what happened.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    _given.append(workflow)


def _carry_out(work: Callable[[Workflow, Any], Result], item: Any) -> Result:
    return work(_given[-1], item)
