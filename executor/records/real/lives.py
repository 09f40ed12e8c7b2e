"""Lives: what the platform's account adds to what machines noted: starts, deaths, and what was given up with them."""

from __future__ import annotations

from collections.abc import Iterator

from executor.local.account import NOT_YET, InvocationAccount
from executor.records.operations import Kind, Outcome
from executor.records.real.remains import RecordsError, Remains
from executor.records.real.rows import Row
from executor.records.real.steps import ON_INSTANCE, Steps
from executor.worker.events import InvocationLost, Started
from executor.worker.instructions import CLIENT, Invoke


class Lives:
    """The deliveries of a run, in their order: each with the row of its start, and of its death, if there are any."""

    def __init__(self, steps: Steps, remains: Remains) -> None:
        self._steps = steps
        self._account = remains.account
        self.starts: dict[int, Row] = {}
        self.deaths: dict[tuple[int, int], Row] = {}
        """By worker and epoch."""
        self.waits: list[Row] = []
        """From a death until the next epoch was taken: the ledger was told, and there may have been no room for it."""

    def tell(self) -> Iterator[Row]:
        """The rows, causes linked; steps are told of those that caused them."""
        for delivery in self._account.invocations:
            self._begins(delivery)
            self._dies(delivery)
        for step in self._steps.of[CLIENT]:
            if isinstance(step.event, InvocationLost):
                step.row = self.deaths.get((step.event.worker, step.event.epoch))
        yield from self.starts.values()
        yield from self.deaths.values()
        yield from self.waits

    def _begins(self, delivery: InvocationAccount) -> None:
        """Its start, from the call that the platform took, or from what became of the epoch before."""
        started_ns, steps = delivery.started_ns, self._steps.of[delivery.number]
        if steps and isinstance(steps[0].event, Started):
            started_ns = steps[0].event.time_ns
        if started_ns == NOT_YET:
            return
        row = Row(Kind.START, delivery.number, started_ns, task=delivery.task)
        row.cause = self._called(delivery)
        row.alone_ns = max(0, started_ns - delivery.admitted_ns)
        self.starts[delivery.number] = row
        if steps:
            steps[0].row = row

    def _called(self, delivery: InvocationAccount) -> Row | None:
        """Why the platform had it: a call, or a death and maybe the wait after it.

        None if it was cut short in a former attempt at the run: the platform brings it back when it begins.
        """
        if (delivery.worker, delivery.epoch - 1) in self.deaths:
            return self._delivered_again(delivery)
        if delivery.op < 0:
            return None
        asked = self._steps.asked.get((delivery.caller, delivery.op))
        if asked is None or not isinstance(asked.instruction, Invoke):
            raise RecordsError(
                f"invocation {delivery.number} was called for by operation {delivery.op} of machine {delivery.caller}, "
                "which is no call of its; expected a run's records"
            )
        row = next((each for each in asked.rows if each.outcome is Outcome.DONE), None)
        if row is None:  # who called did not live to hear it, or the answer was lost
            row = self._steps.end(delivery.caller, asked, delivery.requested_ns, Outcome.DONE)
        row.end_ns = min(row.end_ns, delivery.requested_ns)
        return row

    def _delivered_again(self, delivery: InvocationAccount) -> Row:
        death = self.deaths[delivery.worker, delivery.epoch - 1]
        if delivery.requested_ns <= death.end_ns:
            return death
        wait = Row(Kind.TIMER, death.number, delivery.requested_ns, task=delivery.task)
        wait.cause = death
        self.waits.append(wait)
        return wait

    def _dies(self, delivery: InvocationAccount) -> None:
        """What it did until the platform knew is why its next epoch is late; what it was doing is given up."""
        if delivery.noticed_ns != NOT_YET:
            death = Row(Kind.LOST, delivery.number, delivery.noticed_ns, task=delivery.task, outcome=Outcome.KILLED)
            death.cause = self.starts.get(delivery.number) or self._called(delivery)
            self.deaths[delivery.worker, delivery.epoch] = death


def give_up(steps: Steps, remains: Remains) -> list[Row]:
    """The rows of what invocations were still doing on their instances when they ended."""
    account = remains.account
    ends = {each.number: _ended_ns(each, account.ended_ns) for each in account.invocations}
    return [
        steps.end(number, asked, max(ends[number], asked.step.event.time_ns), Outcome.KILLED)
        for (number, _), asked in sorted(steps.asked.items())
        if number != CLIENT and not asked.rows and isinstance(asked.instruction, ON_INSTANCE)
    ]


def _ended_ns(delivery: InvocationAccount, run_ended_ns: int) -> int:
    return run_ended_ns if delivery.ended_ns == NOT_YET else delivery.ended_ns
