"""Letters: which message each machine heard, and who had sent it.

Nobody notes what becomes of a message under way. But who sends one has noted it before, and who hears one notes what it
says: the latest that said so by then, and that nobody has heard yet, is taken for the one that was heard, for those
before it may have found nobody. A message that comes twice is heard twice; one that nobody hears has no end, and no
row.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import TypeAlias

from executor.records.operations import Kind
from executor.records.real.remains import RecordsError, Remains
from executor.records.real.rows import Row
from executor.records.real.steps import Step, Steps
from executor.worker.events import CompletedElsewhere, Offered, TaskReady, Wanted, WorkerEvent
from executor.worker.instructions import CLIENT, Offer, Publish
from executor.worker.messages import heard

Letter: TypeAlias = Publish | Offer
_Key: TypeAlias = tuple[int, WorkerEvent]
"""To which worker, and what it hears then, as if at instant 0."""
_NEWS = (TaskReady, CompletedElsewhere, Wanted, Offered)


class _Sent:
    """Letters of one wording to one worker, in the order in which they were sent."""

    def __init__(self) -> None:
        self.letters: list[tuple[Step, Letter]] = []
        self._unheard: list[int] = []
        self._n_seen = 0

    def take(self, at_ns: int) -> tuple[Step, Letter] | None:
        """The latest by then that nobody has heard; or else, once more, the latest. Instants in their order."""
        while self._n_seen < len(self.letters) and self.letters[self._n_seen][0].event.time_ns <= at_ns:
            self._unheard.append(self._n_seen)
            self._n_seen += 1
        if not self._n_seen:
            return None
        return self.letters[self._unheard.pop() if self._unheard else self._n_seen - 1]


def deliver(steps: Steps, remains: Remains) -> list[tuple[Row, Step]]:
    """The row of each message that was heard, and the step that sent it; the steps that heard it are told of it."""
    workers = workers_of(remains)
    in_time = steps.in_time
    sent: defaultdict[_Key, _Sent] = defaultdict(_Sent)
    for step in in_time:
        for letter in letters_of(step):
            sent[letter.worker, heard(letter, 0)].letters.append((step, letter))
    return [found for step in in_time if (found := _heard(step, sent, workers))]


def workers_of(remains: Remains) -> dict[int, int]:
    """The worker that each machine is an epoch of, by its number."""
    return {CLIENT: CLIENT} | {each.number: each.worker for each in remains.account.invocations}


def letters_of(step: Step) -> Iterator[Letter]:
    """The messages that a step sent."""
    return (each for each in step.instructions if isinstance(each, Publish | Offer))


def _heard(step: Step, sent: dict[_Key, _Sent], workers: dict[int, int]) -> tuple[Row, Step] | None:
    """The row of the message that a step heard, and who sent it; None if it heard none.

    The client of a run that is gone on with is told of goals that are committed already; nobody sends that.
    """
    if not isinstance(step.event, _NEWS):
        return None
    at_ns = step.event.time_ns
    key = workers[step.number], _timeless(step.event)
    found = sent[key].take(at_ns) if key in sent else None
    if found is None:
        if step.number == CLIENT:
            return None
        raise RecordsError(f"step {step.place} of machine {step.number} heard {step.event}, which nobody had sent")
    sender, letter = found
    step.row = Row(Kind.NOTIFY, sender.number, at_ns, task=letter.task)
    return step.row, sender


def _timeless(event: WorkerEvent) -> WorkerEvent:
    """The event as if it had come at instant 0."""
    fields = [getattr(event, name) for name in event.__struct_fields__]
    return type(event)(0, *fields[1:])
