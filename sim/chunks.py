"""Chunks one by one, where transfers share a network: each is a transfer like any other."""

from __future__ import annotations

from typing import Protocol

from sim.clock import Clock, Happening
from sim.flows import Flow, Reading


class Ends(Protocol):
    """What is needed of whoever has the chunks moved."""

    def put(self, flow: Flow) -> None:
        """The last chunk has been put."""

    def has_first(self, reading: Reading) -> None:
        """The first chunk has come."""

    def has_last(self, reading: Reading) -> None:
        """The last chunk has come."""


class Chunks:
    """Moves chunks over the ways of instances."""

    __slots__ = ("_clock", "_ends")

    def __init__(self, ends: Ends, clock: Clock) -> None:
        self._ends = ends
        self._clock = clock

    # putting ----------------------------------------------------------------------------------------------

    def begins(self, flow: Flow, found: int) -> None:
        """An object begins to be made."""
        self._next_put(flow, found)

    def _next_put(self, flow: Flow, found: int) -> None:
        """Put a chunk when it is made; the last one when the run is over."""
        if flow.sent < flow.chunks - 1:
            self._after(max(0, flow.made_ns(flow.sent + 1) - self._clock.now_ns), self._puts, flow, found)
        elif flow.upload:
            self._puts(Happening(self._puts, flow, found))

    def uploads(self, flow: Flow, found: int) -> None:
        """The run is over, and the last chunk can go."""
        if flow.sent == flow.chunks - 1:
            self._next_put(flow, found)

    def _puts(self, happening: Happening) -> None:
        flow, found = happening.about, happening.detail
        if not _is_over(flow):
            self._after(flow.latency_ns, self._moves_up, flow, found)

    def _moves_up(self, happening: Happening) -> None:
        flow, found = happening.about, happening.detail
        if _is_over(flow):
            return
        way = flow.invocation.instance.up
        assert way  # for the network is shared
        n_bytes = _chunk_bytes(flow, found, flow.sent)
        if n_bytes:
            way.carry(n_bytes, _put_rank(flow, found), Happening(self._was_put, flow, found))
        else:
            self._was_put(happening)

    def _was_put(self, happening: Happening) -> None:
        flow, found = happening.about, happening.detail
        if _is_over(flow):
            return
        flow.sent += 1
        if flow.sent == flow.chunks:
            self._ends.put(flow)
            return
        for reading in flow.readings:
            self.gets(reading)
        self._next_put(flow, found)

    def _after(self, delay_ns: int, act: object, flow: Flow, found: int) -> None:
        self._clock.after(delay_ns, _put_rank(flow, found), Happening(act, flow, found))  # type: ignore[arg-type]

    # getting ----------------------------------------------------------------------------------------------

    def gets(self, reading: Reading) -> None:
        """Get the next chunk, if it has been put and none is on its way."""
        if reading.flow and not (reading.is_busy or reading.is_due or reading.got == reading.flow.sent):
            reading.is_busy = True
            self._clock.after(reading.latency_ns, _get_rank(reading), Happening(self._moves_down, reading))

    def _moves_down(self, happening: Happening) -> None:
        reading: Reading = happening.about
        invocation = reading.operation.party
        if reading.is_due or invocation.machine.exited:
            return
        assert reading.flow  # or it would be over
        n_bytes = _chunk_bytes(reading.flow, reading.operation.found, reading.got)
        if n_bytes:
            invocation.instance.down.carry(n_bytes, _get_rank(reading), Happening(self._came, reading))
        else:
            self._came(happening)

    def _came(self, happening: Happening) -> None:
        reading: Reading = happening.about
        if reading.is_due or reading.operation.party.machine.exited:
            return
        reading.is_busy = False
        reading.got += 1
        if reading.got == 1:
            reading.first_ns = self._clock.now_ns
            self._ends.has_first(reading)
        if reading.got == reading.chunks:
            self._ends.has_last(reading)
            return
        reading.before_ns = self._clock.now_ns
        self.gets(reading)


def _is_over(flow: Flow) -> bool:
    return flow.invocation.machine.exited or (flow.is_dead and flow.upload is None)


def _chunk_bytes(flow: Flow, found: int, before: int) -> int:
    """Bytes of the chunk after so many: all the same, but what is left over goes with the last."""
    n_bytes: int = flow.invocation.job.setting.object_bytes[found]
    each = n_bytes // flow.chunks
    return each if before < flow.chunks - 1 else n_bytes - each * (flow.chunks - 1)


def _put_rank(flow: Flow, found: int) -> int:
    """After all operations and messages of the worker, by object; its own each time that an object is put again."""
    invocation = flow.invocation
    setting = invocation.job.setting
    return invocation.rank + (1 << 31) + setting.first_stream + flow.turn * len(setting.object_bytes) + found


def _get_rank(reading: Reading) -> int:
    rank: int = reading.operation.party.rank + reading.operation.instruction.op
    return rank
