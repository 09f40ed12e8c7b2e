"""The token buckets of instances that move at one level: those with as many transfers lose as much.

At a level λ an instance with n transfers moves n·λ. Whatever the level does, the buckets of all instances with n
transfers go up and down together: one reading tells what each has lost since it came, and the first to be empty is
the one for which the least reading will do. So a new level costs nothing per instance, unless some begin to lose.
"""

from __future__ import annotations

from sim.branch import Branch
from sim.bucket import BucketLaw
from sim.lowest import Lowest
from sim.parts import UNLIMITED


class Alike:
    """The instances with n transfers each; while they lose, by the reading at which they will be empty."""

    __slots__ = ("_depth", "_filling", "_lost", "_since", "drains", "members", "most", "order")

    def __init__(self, law: BucketLaw, cap: int, n: int, since: int, *, drains: bool) -> None:
        self._depth, self._filling = law.depth, law.filling
        self._lost = 0
        self._since = since
        self.drains = drains
        self.most = min(law.fast, n * cap) - law.slow
        """What a bucket loses at the highest level that they can be on."""
        self.members: dict[int, Branch] = {}
        self.order: Lowest[Branch] = Lowest(self._empty_at)

    def _empty_at(self, branch: Branch) -> int | None:
        return branch.empty_at if branch.serial in self.members else None

    def lost(self, excess: int) -> int:
        """The reading, when so much was moved beyond what is sustained: what a bucket has lost that was not full."""
        excess -= self._since
        return self._lost + (excess if self.drains else excess * self._filling >> 64)

    def turn(self, excess: int) -> int:
        """What was gained is lost from now on, or the other way round; what is left to those who will be empty first.

        Whatever was gained, nobody has more than a full bucket.
        """
        self._lost = self.lost(excess)
        self._since = excess
        self.drains = not self.drains
        if self.drains:
            brim, order = self._lost + self._depth, Lowest(self._empty_at)
            for branch in self.members.values():
                if branch.empty_at > brim:
                    branch.empty_at = brim
                order.note(branch, branch.empty_at)
            self.order = order
        return self.order.least - self._lost


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
        """Before then no bucket can be empty, whatever the level does between floor and ceiling."""

    def recount(self, branch: Branch, before: int, n: int, served: int, now_ns: int) -> None:
        """A branch that had so many transfers has n from now on; without any it rests."""
        law = self._law
        gained = law.slow * now_ns
        if before:
            alike = self._of[before]
            del alike.members[branch.serial]
            budget = branch.empty_at - alike.lost(before * served - gained)
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
        excess = n * served - gained
        alike = self._of.get(n) or self._new(n, excess)
        alike.members[branch.serial] = branch
        branch.empty_at = empty_at = alike.lost(excess) + budget
        if alike.drains:
            if empty_at < alike.order.least:
                self._watch(alike, budget, now_ns)
            alike.order.note(branch, empty_at)

    def _watch(self, alike: Alike, left: int, now_ns: int) -> None:
        """Nobody of these has less left, so that for a while they are safe."""
        if alike.most > 0:
            safe_ns = now_ns + left // alike.most
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
        self._of = {n: alike for n, alike in self._of.items() if alike.members}
        for n, alike in self._of.items():
            if alike.drains != (n >= first):
                left = alike.turn(n * served - gained)
                if alike.drains:
                    self._watch(alike, left, now_ns)

    def empty_ns(self, level: int, served: int, now_ns: int) -> int | None:
        """How long at this level until some bucket is empty; None if none will be."""
        law, gained = self._law, self._law.slow * now_ns
        first_ns, safe_ns = None, UNLIMITED
        for n, alike in self._of.items():
            first = alike.order.first() if alike.drains else None
            if first:
                left = law.within(first.empty_at - alike.lost(n * served - gained))
                safe_ns = min(safe_ns, now_ns + left // alike.most)
                empty_ns = law.lasts_ns(left, n * level - law.slow)
                first_ns = empty_ns if first_ns is None else min(first_ns, empty_ns)
        self.safe_ns = safe_ns
        return first_ns

    def empty(self, served: int, now_ns: int) -> list[Branch]:
        """Those who use their burst up and have nothing left."""
        gained, crumb = self._law.slow * now_ns, self._law.crumb
        found = []
        for n, alike in self._of.items():
            if alike.drains:
                bound = alike.lost(n * served - gained) + crumb
                if alike.order.least <= bound:
                    found += [branch for branch in alike.members.values() if branch.empty_at <= bound]
        return found
