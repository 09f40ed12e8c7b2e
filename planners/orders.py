"""Orders: what the optimizations of a plan ask of its workers.

Plain data of the standard library and msgspec, for a worker acts on it. One field an optimization, empty where it is
off; which task, which worker and which threshold are decided beforehand, by the optimization's other half in
`optimizations/`. Tasks and workers are indices, as in the plan. Prewarms stand in the plan itself.
"""

from __future__ import annotations

from msgspec import Struct


class Duplicate(Struct, frozen=True, forbid_unknown_fields=True):
    """The worker of `consumer` runs `task`, which another worker is to run, too.

    It does so once `consumer` has lacked nothing but such tasks for `patience_s`, it has nothing else to do, and
    what `task` reads is there.
    """

    task: int
    consumer: int
    patience_s: float = 0.0


class Backup(Struct, frozen=True, forbid_unknown_fields=True):
    """A second copy of `task`, on a fresh worker, when a run of it takes longer than `after_s`."""

    task: int
    after_s: float


class DelayIO(Struct, frozen=True, forbid_unknown_fields=True):
    """A flexible worker keeps an output of `threshold_bytes` or more while a join's other inputs are missing.

    It places a held mark and waits for at most `patience_s`: when all others are marked or held, the largest stays
    and the others upload. `retry_s` is WUKONG's way instead: sleep (so long, times the number of tries) and look.
    """

    threshold_bytes: int
    patience_s: float
    retry_s: float | None = None


class EarlyCall(Struct, frozen=True, forbid_unknown_fields=True):
    """`worker` is called as soon as `task`, of another worker, has run: it starts while outputs are uploaded.

    Or `after_s` after `task` began to run, if that is sooner: as late as it can without keeping anybody waiting.
    """

    task: int
    worker: int
    after_s: float | None = None


class Stream(Struct, frozen=True, forbid_unknown_fields=True):
    """`consumer` reads what `producer` makes while it is made, in so many chunks."""

    producer: int
    consumer: int
    chunks: int


class Orders(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is asked of the workers besides the plan's assignment; nothing by default."""

    preload: tuple[int, ...] = ()
    """Tasks whose inputs are fetched as soon as each is there, where their worker is live."""
    duplicate: tuple[Duplicate, ...] = ()
    backup: tuple[Backup, ...] = ()
    cluster_fan_out_bytes: int | None = None
    """A flexible worker whose task made at least so much goes on with all children that are ready."""
    cluster_fan_in_bytes: int | None = None
    """A flexible worker that holds at least so much of a complete join's input goes on with it, busy or not."""
    delay_io: DelayIO | None = None
    call_early: tuple[EarlyCall, ...] = ()
    stream: tuple[Stream, ...] = ()
    fan_out_helpers: int | None = None
    """With more calls than that to make, those that are called make a share of the others."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is asked."""
        return self == NO_ORDERS


NO_ORDERS = Orders()
