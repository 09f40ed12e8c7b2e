"""Invariants: what holds of a worker machine between any two steps.

A check reads a machine and changes nothing; it is for tests and for runs that are watched, not for every step of
every run. The rules are the machine's own promises, so this file alone looks behind its doors.
"""

from .instructions import Commit
from .machine import Worker


class InvariantError(AssertionError):
    """A machine is in a state it promised never to be in; ``broken`` lists the rules."""

    def __init__(self, machine: Worker, broken: tuple[str, ...]) -> None:
        super().__init__(f"worker {machine.worker} epoch {machine.epoch}: " + "; ".join(broken))
        self.broken = broken


def check_machine(machine: Worker) -> None:
    """Raise InvariantError unless everything that must hold of the machine holds."""
    broken = tuple(rule for rule, holds in _rules(machine) if not holds)
    if broken:
        raise InvariantError(machine, broken)


def _rules(machine: Worker) -> list[tuple[str, bool]]:
    return [
        *_slots(machine),
        *_inputs(machine),
        *_outbox(machine),
        *_lanes(machine),
        *_held(machine),
        *_leaving(machine),
    ]


def _slots(machine: Worker) -> list[tuple[str, bool]]:
    ready = [task for _, task in machine._slots.ready]
    free = machine._slots.free
    slots = machine.view.slots_of(machine.worker)
    return [
        ("a slot is free or runs one task", free + len(machine.running) == slots),
        ("a task is ready once", len(ready) == len(set(ready))),
        ("a ready task does not run", not machine.running.intersection(ready)),
        ("no slot is free while a task is ready", machine.exited or not (ready and free)),
    ]


def _inputs(machine: Worker) -> list[tuple[str, bool]]:
    view, inputs = machine.view, machine._inputs
    begun = [] if machine.exited else [*machine.running, *(task for _, task in machine._slots.ready)]
    streams = None if machine.exited else machine._streams
    ahead = {task for task in begun if streams and streams.is_ahead(task)}
    usual = [task for task in begun if task not in ahead]
    waiting = [task for tasks in inputs._coming.values() for task in tasks]
    there = inputs.local | inputs.absent
    return [
        ("a task that is ready or runs has all inputs", all(there.issuperset(view.inputs[t]) for t in usual)),
        (
            "a task that waits for inputs waits for so many",
            all(waiting.count(t) == n for t, n in inputs.waiting.items()),
        ),
        ("nothing waits for an object that is here", inputs.local.isdisjoint(inputs._coming)),
        ("no more fetches than the limit", 0 <= inputs._under_way <= view.parallel_transfers),
        ("fetches wait only at the limit", not inputs._queue or inputs._under_way == view.parallel_transfers),
        (
            "a task of this worker begins only when nothing is needed",
            all(machine.needs.get(task, 0) == 0 for task in usual),
        ),
        (
            "a task that reads ahead needs word from elsewhere, and nothing else",
            all(machine.needs.get(task, 2) <= 1 for task in ahead),
        ),
        (
            "what is not known to count is not sent",
            machine._outbox.uncommitted.isdisjoint(streams.open_tasks if streams else ()),
        ),
    ]


def _outbox(machine: Worker) -> list[tuple[str, bool]]:
    box = machine._outbox
    requests = [each for each in machine._desk.under_way if isinstance(each, Commit)]
    sent = [entry.task for request in requests for entry in request.entries]
    return [
        ("what is postponed is uncommitted", box.uncommitted.issuperset(box._lazy)),
        (
            "what is uploaded is uncommitted, or was held back, or is void",
            box.uncommitted.issuperset(box._uploading.keys() - box._held - box._void),
        ),
        ("a task is sent in one request at a time", len(sent) == len(set(sent))),
        ("what is postponed is not sent", not set(box._lazy).intersection(sent)),
        (
            "a commit waits for something uncommitted",
            all(box.uncommitted.issuperset([task]) for task in box._waiters),
        ),
    ]


def _lanes(machine: Worker) -> list[tuple[str, bool]]:
    if machine.exited or machine._lanes is None:
        return []
    runs, begun = machine._lanes.runs, [*machine.running, *(task for _, task in machine._slots.ready)]
    recovers = machine._readiness.is_recovering
    return [
        ("a task of a void lane is not waited for", recovers or all(map(runs, machine.needs))),
        ("a task of a void lane is not begun", all(map(runs, [*begun, *machine._inputs.waiting]))),
        ("what nobody makes is not here", machine._inputs.local.isdisjoint(machine._inputs.absent)),
    ]


def _held(machine: Worker) -> list[tuple[str, bool]]:
    if machine.exited or machine._held is None:
        return []
    view, local = machine.view, machine._inputs.local
    waits = machine._held.waits
    read = {
        found
        for task, wait in waits.items()
        if not wait.is_sent
        for found in view.outputs[task]
        if not wait.joins.keys().isdisjoint(view.consumers[found])
    }
    return [
        ("what is held back is here", local.issuperset(read)),
        ("something waits for what is held back", all(wait.joins or wait.is_sent for wait in waits.values())),
        (
            "a join that runs here is not waited for",
            not any(map(machine.has_heard, (j for w in waits.values() for j in w.joins))),
        ),
    ]


def _leaving(machine: Worker) -> list[tuple[str, bool]]:
    if not machine.exited:
        return []
    last = machine._desk.out[-1] if machine._desk.out else None
    status = getattr(last, "status", "")
    clean = status != "done" or not (machine.needs or machine.running or machine._outbox.uncommitted)
    released = status != "released" or not (machine.running or machine._outbox.uncommitted)
    return [("a worker that is done has nothing left", clean), ("a released worker keeps nothing back", released)]
