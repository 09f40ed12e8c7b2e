"""The token buckets of instances that move at one level: those with as many transfers lose as much.

At a level λ an instance with n transfers moves n·λ. Whatever the level does, the buckets of all instances with n
transfers go up and down together: one reading tells what each has lost since it came, and the first to be empty is
the one for which the least reading will do. So a new level costs nothing per instance.
"""

from __future__ import annotations

from bisect import bisect_left, insort

from sim.branch import Branch
from sim.bucket import BucketLaw
from sim.parts import UNLIMITED


class Alike:
    """The instances with n transfers each, by the reading at which they will be empty."""

    __slots__ = ("_law", "_lost", "_n", "_since", "drains", "most", "order")

    def __init__(self, law: BucketLaw, cap: int, n: int, since: int, *, drains: bool) -> None:
        self._law = law
        self._n = n
        self._lost = 0
        self._since = since
        self.drains = drains
        self.most = min(law.fast, n * cap) - law.slow
        """What a bucket loses at the highest level that they can be on."""
        self.order: list[tuple[int, int, Branch]] = []

    def lost(self, served: int, gained: int) -> int:
        """The reading: what a bucket has lost that was neither full nor empty meanwhile."""
        excess = self._n * served - gained - self._since
        return self._lost + (excess if self.drains else self._law.filled(excess))

    def turn(self, served: int, gained: int) -> None:
        """What was gained is lost from now on, or the other way round."""
        self._lost = self.lost(served, gained)
        self._since = self._n * served - gained
        self.drains = not self.drains
        if self.drains:
            self._brim(self._lost + self._law.depth)

    def _brim(self, empty_at: int) -> None:
        """Whatever was gained, nobody has more than a full bucket."""
        order = self.order
        first = bisect_left(order, (empty_at, 0))
        order[first:] = sorted((empty_at, serial, branch) for _, serial, branch in order[first:])
        for _, _, branch in order[first:]:
            branch.empty_at = empty_at


class Bursts:
    """All of them, by their number of transfers. ``served`` is what each has had on the common clock."""

    __slots__ = ("_cap", "_first", "_law", "_of", "ceiling", "floor", "safe_ns")

    def __init__(self, law: BucketLaw, cap: int) -> None:
        self._law = law
        self._cap = cap
        self._of: dict[int, Alike] = {}
        self._first = 0
        """The least number of transfers that use the burst up."""
        self.floor = self.ceiling = 0
        """While the level is above the floor, and not above the ceiling, that is the number."""
        self.safe_ns = UNLIMITED
        """Before then no bucket can be empty, whatever the level does."""

    def recount(self, branch: Branch, before: int, n: int, served: int, now_ns: int) -> None:
        """A branch that had so many transfers has n from now on; without any it rests."""
        law, gained = self._law, self._law.slow * now_ns
        if before:
            alike = self._of[before]
            order = alike.order
            del order[bisect_left(order, (branch.empty_at, branch.serial))]
            budget = branch.empty_at - alike.lost(served, gained)
            if not order:
                del self._of[before]
            if budget >= law.depth:
                budget = law.depth
            elif budget <= law.crumb:
                budget = 0
        else:
            branch.bucket.advance(now_ns)
            budget = branch.bucket.budget
        if not n:
            branch.bucket.restart(budget, now_ns)
            return
        alike = self._of.get(n) or self._new(n, n * served - gained)
        branch.empty_at = empty_at = alike.lost(served, gained) + budget
        insort(alike.order, (empty_at, branch.serial, branch))
        if alike.most > 0:
            safe_ns = now_ns + budget // alike.most
            if safe_ns < self.safe_ns:
                self.safe_ns = safe_ns

    def _new(self, n: int, since: int) -> Alike:
        alike = self._of[n] = Alike(self._law, self._cap, n, since, drains=n >= self._first)
        return alike

    def turn(self, level: int, served: int, now_ns: int) -> None:
        """The level is beyond floor or ceiling: other instances use their bursts up from now on."""
        slow, gained = self._law.slow, self._law.slow * now_ns
        first = self._first = slow // level + 1
        self.floor = slow // first
        self.ceiling = slow // (first - 1) if first > 1 else UNLIMITED
        for n, alike in self._of.items():
            if alike.drains != (n >= first):
                alike.turn(served, gained)

    def empty_ns(self, level: int, served: int, now_ns: int) -> int | None:
        """How long at this level until some bucket is empty; None if none will be."""
        law, gained = self._law, self._law.slow * now_ns
        first_ns, safe_ns = None, UNLIMITED
        for n, alike in self._of.items():
            left = law.within(alike.order[0][0] - alike.lost(served, gained))
            if alike.most > 0:
                safe_ns = min(safe_ns, now_ns + left // alike.most)
            if alike.drains:
                empty_ns = law.lasts_ns(left, n * level - law.slow)
                first_ns = empty_ns if first_ns is None else min(first_ns, empty_ns)
        self.safe_ns = safe_ns
        return first_ns

    def empty(self, served: int, now_ns: int) -> list[Branch]:
        """Those who use their burst up and have nothing left."""
        found, gained = [], self._law.slow * now_ns
        for alike in self._of.values():
            if alike.drains:
                bound = (alike.lost(served, gained) + self._law.crumb + 1, 0)
                found += [branch for _, _, branch in alike.order[: bisect_left(alike.order, bound)]]
        return found
