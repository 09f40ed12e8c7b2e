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
from sim.parts import PARTS, slack


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
        "_slack",
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
        self._level = self._slack = 0
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
        self._n_flows += 1
        n = len(branch.transfers)
        if self._bursts:
            self._bursts.recount(branch, n - 1, n, self._served, self._updated_ns)
        if n > self._roomy:
            self._tight.note(branch, self._law.fast // n)
        self._settle(is_more=self._ends[0][1] != rank)

    def stop(self, branch: Branch) -> None:
        """Give up all that a branch has on the common clock."""
        self._advance()
        self._recount(branch, len(branch.transfers), 0)
        branch.transfers.clear()
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

    def _recount(self, branch: Branch, before: int, n: int) -> None:
        """A branch that had so many transfers on the common clock has n from now on."""
        self._n_flows += n - before
        if self._bursts:
            self._bursts.recount(branch, before, n, self._served, self._updated_ns)
        if n > self._roomy:
            self._tight.note(branch, self._law.fast // n)

    def _settle(self, *, is_more: bool = False) -> None:
        """Find the level; see to it that what comes next is scheduled: later, if there is only more to move."""
        level = self._fitting()
        if self._own.least < -level or self._tight.least < level:
            level = self._cross()
            is_more = False
        bursts = self._bursts
        if level != self._level:
            self._level = level
            self._slack = slack(level)
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
        target, rank, crossings, branch = ends[0]
        while rank not in branch.transfers or crossings != branch.crossings:
            heappop(ends)
            target, rank, crossings, branch = ends[0]
        now_ns, bursts = self._updated_ns, self._bursts
        left = target - self._served - self._slack
        due_ns = now_ns - -left // self._level if left > 0 else now_ns
        if bursts and bursts.safe_ns < due_ns:
            empty_ns = bursts.empty_ns(self._level, self._served, now_ns)
            if empty_ns is not None and now_ns + empty_ns < due_ns:
                due_ns = now_ns + empty_ns
        self._alarm.set_by(due_ns, rank, now_ns)

    def _rang(self) -> None:
        """A transfer has ended, or a burst, or it is too early for either."""
        self._advance()
        bursts, ends, ended = self._bursts, self._ends, []
        arrived = self._served + self._slack
        while ends and ends[0][0] <= arrived:
            _, rank, crossings, branch = heappop(ends)
            transfers = branch.transfers
            if rank in transfers and crossings == branch.crossings:
                ended.append((rank, transfers.pop(rank)[1]))
                self._n_flows -= 1
                if bursts:
                    n = len(transfers)
                    bursts.recount(branch, n + 1, n, self._served, self._updated_ns)
        has_parted = bursts is not None and bursts.safe_ns <= self._updated_ns and self._part_empty(bursts)
        if ended or has_parted:
            self._settle()
            tell(self._clock, ended)
        else:
            self._plan()

    # crossing ---------------------------------------------------------------------------------------------

    def _fitting(self) -> int:
        """What there is for each transfer on the common clock; or, if there is none, for one that came."""
        n, left = self._n_flows, self._left
        if self._cap * n <= left:
            return self._cap
        return left // n or 1 if n else 0

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
        self._recount(branch, 0, len(branch.transfers))
        for rank, (target, _) in branch.transfers.items():
            heappush(self._ends, (target, rank, branch.crossings, branch))

    def _part(self, branch: Branch) -> None:
        """A branch on the common clock goes on with its own."""
        self._recount(branch, len(branch.transfers), 0)
        branch.part(self._served)
        branch.counted = branch.capacity
        self._left -= branch.counted
        self._own.note(branch, -branch.limit)

    def _part_empty(self, bursts: Bursts) -> bool:
        """Branches whose burst is used up go on with their own clocks, if there are any."""
        empty = bursts.empty(self._served, self._updated_ns)
        for branch in empty:
            self._part(branch)
        return bool(empty)

    def _share(self, branch: Branch) -> int | None:
        """What its instance has for each transfer of a branch on the common clock."""
        n = len(branch.transfers)
        return self._law.fast // n if n > self._roomy else None


def _limit_below(branch: Branch) -> int | None:
    """The negative limit of a branch with a clock of its own."""
    return -branch.limit if branch.is_own else None
