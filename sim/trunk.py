"""The trunk: what all instances' transfers share in one direction, the store's total.

Rates are max-min fair over a tree: connection, instance, store. There is a level λ, at most the connection cap, such
that a transfer gets what its instance has for each of its transfers, or λ if that is less, and the store's total is
not exceeded. All that move at λ share one virtual clock; an instance below it keeps its own (`sim.branch`). On a
change instances cross one at a time until all are on their right side. A crossing never lowers λ, so that this ends.
So a beginning or an end costs O(log n), and what crosses; a new level as such costs nothing per transfer or instance.
"""

from __future__ import annotations

from heapq import heappop, heappush

from sim.alarm import Alarm, tell
from sim.branch import Branch
from sim.bucket import BucketLaw
from sim.bursts import Bursts
from sim.clock import Clock, Due
from sim.lowest import Lowest
from sim.parts import PARTS, slack, whole_ns_of


class Trunk:
    """``served`` is the common clock, in parts per transfer; the level is its rate, in parts per ns."""

    __slots__ = (
        "_alarm",
        "_bursts",
        "_cap",
        "_clock",
        "_ends",
        "_law",
        "_left",
        "_level",
        "_n_branches",
        "_n_flows",
        "_own",
        "_roomy",
        "_served",
        "_tight",
        "_updated_ns",
    )

    def __init__(self, clock: Clock, total: int, cap: int, law: BucketLaw) -> None:
        self._clock = clock
        self._cap = cap
        self._law = law
        self._left = total
        """The store's total, less the capacities of all branches with a clock of their own."""
        self._alarm = Alarm(clock, self._rang)
        self._bursts = Bursts(law, cap) if law.depth else None
        self._own = Lowest(_limit_below)
        """Branches with a clock of their own, those with the highest limit first."""
        self._tight = Lowest(self._share)
        """Branches on the common clock whose instance may become the bottleneck, the narrowest first."""
        self._roomy = law.fast // cap
        """So many transfers are held by their connections or the store, never by their instance."""
        self._ends: list[tuple[int, int, int, Branch]] = []
        """(target, rank, crossings, branch) of each transfer on the common clock, and of some that were."""
        self._n_branches = 0
        self._n_flows = 0
        self._level = cap
        self._served = 0
        self._updated_ns = 0

    def branch(self) -> Branch:
        """A new instance's part."""
        self._n_branches += 1
        return Branch(self._clock, self._cap, self._law, self, self._n_branches)

    def carry(self, branch: Branch, n_bytes: int, rank: int, done: Due) -> None:
        """Move bytes on the common clock."""
        self._advance()
        target = self._served + n_bytes * PARTS
        branch.transfers[rank] = target, done
        heappush(self._ends, (target, rank, branch.crossings, branch))
        self._recount(branch, len(branch.transfers) - 1)
        self._settle(is_more=self._ends[0][1] != rank)

    def stop(self, branch: Branch) -> None:
        """Give up all that a branch has on the common clock."""
        self._advance()
        n = len(branch.transfers)
        branch.transfers.clear()
        self._recount(branch, n)
        self._settle()

    def changed(self, branch: Branch) -> None:
        """A branch with a clock of its own may have another capacity, or other transfers."""
        if branch.flows:
            self._own.note(branch, -branch.limit)
            if branch.capacity == branch.counted and branch.limit <= self._level:
                return
        self._advance()
        capacity = branch.capacity if branch.flows else 0
        self._left += branch.counted - capacity
        branch.counted = capacity
        branch.is_own = bool(capacity)
        self._settle()

    # the common clock -------------------------------------------------------------------------------------

    def _advance(self) -> None:
        """Bring it up to now."""
        now_ns = self._clock.now_ns
        if self._n_flows:
            self._served += self._level * (now_ns - self._updated_ns)
        self._updated_ns = now_ns

    def _recount(self, branch: Branch, before: int) -> None:
        """A branch had so many transfers on the common clock."""
        n = len(branch.transfers)
        self._n_flows += n - before
        if self._bursts:
            self._bursts.recount(branch, before, n, self._served, self._updated_ns)
        if n > self._roomy:
            self._tight.note(branch, self._law.fast // n)

    def _settle(self, *, is_more: bool = False) -> None:
        """Find the level; see to it that what comes next is scheduled: later, if there is only more to move."""
        n = self._n_flows
        level = min(self._cap, self._left // n or 1) if n else self._fitting()
        if self._own.least < -level or self._tight.least < level:
            level = self._cross()
            is_more = False
        bursts = self._bursts
        self._level = level
        if bursts and not bursts.floor < level <= bursts.ceiling:
            bursts.turn(level, self._served, self._updated_ns)
        if not self._n_flows:
            self._served = 0
            self._ends.clear()
            self._alarm.stop()
        elif not is_more or (bursts and bursts.safe_ns < self._alarm.due_ns):
            self._plan()

    def _plan(self) -> None:
        """Ring when the next transfer or burst ends."""
        ends = self._ends
        while ends[0][1] not in ends[0][3].transfers or ends[0][2] != ends[0][3].crossings:
            heappop(ends)
        target, rank, _, _ = ends[0]
        delay_ns = whole_ns_of(target - self._served, self._level)
        if self._bursts and self._bursts.safe_ns < self._updated_ns + delay_ns:
            empty_ns = self._bursts.empty_ns(self._level, self._served, self._updated_ns)
            delay_ns = delay_ns if empty_ns is None else min(delay_ns, empty_ns)
        self._alarm.set_by(self._updated_ns + delay_ns, rank)

    def _rang(self) -> None:
        """A transfer has ended, or a burst, or it is too early for either."""
        self._advance()
        ends, ended = self._ends, []
        arrived = self._served + slack(self._level)
        while ends and ends[0][0] <= arrived:
            _, rank, crossings, branch = heappop(ends)
            if crossings == branch.crossings and rank in branch.transfers:
                ended.append((rank, branch.transfers.pop(rank)[1]))
                self._recount(branch, len(branch.transfers) + 1)
        bursts, empty = self._bursts, []
        if bursts and bursts.safe_ns <= self._updated_ns:
            empty = bursts.empty(self._served, self._updated_ns)
            for branch in empty:
                self._part(branch)
        if ended or empty:
            self._settle()
            tell(self._clock, ended)
        else:
            self._plan()

    # crossing ---------------------------------------------------------------------------------------------

    def _fitting(self) -> int:
        """What there is for each transfer on the common clock; or, if there is none, for one that came."""
        if self._n_flows:
            return min(self._cap, self._left // self._n_flows or 1)
        return self._cap if self._left >= 0 else 0

    def _cross(self) -> int:
        """Let branches cross until each is on the right side of the level."""
        while True:
            level = self._fitting()
            if branch := self._own.below(-level):
                self._join(branch)
            elif branch := self._tight.below(level):
                self._part(branch)
            else:
                return level

    def _join(self, branch: Branch) -> None:
        """A branch with a clock of its own goes on with the common one."""
        self._left += branch.counted
        branch.counted = 0
        branch.join(self._served)
        n = len(branch.transfers)
        self._n_flows += n
        if self._bursts:
            self._bursts.recount(branch, 0, n, self._served, self._updated_ns)
        for rank, (target, _) in branch.transfers.items():
            heappush(self._ends, (target, rank, branch.crossings, branch))
        if n > self._roomy:
            self._tight.note(branch, self._law.fast // n)

    def _part(self, branch: Branch) -> None:
        """A branch on the common clock goes on with its own."""
        n = len(branch.transfers)
        self._n_flows -= n
        if self._bursts:
            self._bursts.recount(branch, n, 0, self._served, self._updated_ns)
        branch.part(self._served)
        branch.counted = branch.capacity
        self._left -= branch.counted
        self._own.note(branch, -branch.limit)

    def _share(self, branch: Branch) -> int | None:
        """What its instance has for each transfer of a branch on the common clock."""
        n = len(branch.transfers)
        return self._law.fast // n if n > self._roomy else None


def _limit_below(branch: Branch) -> int | None:
    """The negative limit of a branch with a clock of its own."""
    return -branch.limit if branch.is_own else None
