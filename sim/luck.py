"""The luck of a run: its draws by cause."""

from __future__ import annotations

from platforms import Platform
from sim.draws import Cause, Draws, Factors, Seed, uniforms
from workloads import Workflow


def widths_of(run: Seed, workflow: Workflow) -> dict[int, int]:
    """Per splitter of a map node, how many items its list has: the same at each attempt, and under every plan."""
    if not workflow.maps:
        return {}
    drawn = uniforms(run, Cause.WIDTH, len(workflow.maps)).tolist()
    return {node.splitter: node.width.draw(u) for node, u in zip(workflow.maps, drawn, strict=True)}


class Luck:
    """Subjects are tasks, input slots and objects: nothing that a plan names.

    ``copies`` > 1 draws for so many runs of the workflow at once; `parts` are the single ones.
    """

    __slots__ = (
        "_first_task",
        "_init",
        "_n_edges",
        "_n_tasks",
        "_news",
        "_platform",
        "_run",
        "call",
        "commit",
        "factors",
        "get",
        "goal",
        "notify",
        "provisioning",
        "put",
        "read",
        "seed",
        "warm",
    )

    def __init__(self, seed: Seed, workflow: Workflow, platform: Platform, copies: int = 1) -> None:
        n, store, ledger = workflow.n_tasks * copies, platform.store, platform.ledger
        counts = any(platform.faults.rates.model_dump().values())  # faults are drawn attempt by attempt
        self.seed = seed
        self._platform = platform
        self._n_tasks = n
        self._first_task = 0
        self._run = seed
        self._n_edges = workflow.n_edges
        self._news: Draws | None = None
        self._init: dict[int, Draws] = {}
        self.factors = Factors(seed, platform.noise, n)
        self.provisioning = Draws(seed, Cause.PROVISIONING, n, platform.start.provisioning_s)
        self.warm = Draws(seed, Cause.WARM, n, platform.start.warm_s)
        self.call = Draws(seed, Cause.CALL, n, platform.invocation.call_s, counts=counts)
        self.get = Draws(seed, Cause.GET, workflow.inputs.indices.size * copies, store.get_latency_s, counts=counts)
        self.put = Draws(seed, Cause.PUT, workflow.n_objects * copies, store.put_latency_s, counts=counts)
        self.commit = Draws(seed, Cause.COMMIT, n, ledger.request_s, counts=counts)
        self.read = Draws(seed, Cause.READ, n, ledger.request_s, counts=counts)
        self.notify = Draws(seed, Cause.NOTIFY, n, ledger.notify_s, counts=counts)
        self.goal = Draws(seed, Cause.GOAL, n, ledger.notify_s, counts=counts)

    @property
    def news(self) -> Draws:
        """Messages about single edges, which only some optimizations send."""
        if self._news is None:
            self._news = Draws(self._run, Cause.NEWS, self._n_edges, self._platform.ledger.notify_s)
        return self._news

    def widths(self, workflow: Workflow) -> dict[int, int]:
        """Per splitter, how many items its list has."""
        return widths_of(self._run, workflow)

    def init_ns(self, memory_mb: int, task: int, copier: int = 0) -> int:
        """Initialization of an instance of a size; the sizes share their luck, task by task."""
        return self.init(memory_mb).ns(self._first_task + task, copier)

    def least_init_ns(self, memory_mb: int, task: int) -> int:
        """The least that was drawn for it, or would be."""
        return self.init(memory_mb).least_ns(self._first_task + task)

    def init(self, memory_mb: int) -> Draws:
        """The draws behind `init_ns`: by task, over all runs that were drawn together."""
        if memory_mb not in self._init:
            of, extra_s = self._platform.start.init_of(memory_mb)
            self._init[memory_mb] = Draws(self.seed, Cause.INIT, self._n_tasks, of, extra_s)
        return self._init[memory_mb]

    def fresh(self) -> Luck:
        """The same luck before anything was tried: what is drawn depends on no plan, and need not be drawn again."""
        fresh = Luck.__new__(Luck)
        fresh.seed, fresh._run, fresh._platform = self.seed, self._run, self._platform
        fresh._n_tasks, fresh._first_task, fresh._n_edges = self._n_tasks, self._first_task, self._n_edges
        fresh._init = {memory_mb: draws.fresh() for memory_mb, draws in self._init.items()}
        fresh._news = self._news and self._news.fresh()
        fresh.factors = self.factors
        fresh.provisioning, fresh.warm, fresh.call = self.provisioning.fresh(), self.warm.fresh(), self.call.fresh()
        fresh.get, fresh.put = self.get.fresh(), self.put.fresh()
        fresh.commit, fresh.read = self.commit.fresh(), self.read.fresh()
        fresh.notify, fresh.goal = self.notify.fresh(), self.goal.fresh()
        return fresh

    def part(self, number: int, workflow: Workflow) -> Luck:
        """The luck of run ``number`` of those that were drawn together."""
        n, n_slots, n_objects = workflow.n_tasks, workflow.inputs.indices.size, workflow.n_objects
        part = Luck.__new__(Luck)
        part.seed, part._platform, part._init = self.seed, self._platform, self._init
        part._n_tasks = self._n_tasks
        first = part._first_task = number * n
        part._run, part._n_edges, part._news = (*self.seed, number), self._n_edges, None
        part.get = self.get.part(number * n_slots)
        part.put = self.put.part(number * n_objects)
        part.factors = self.factors.part(first, n)
        part.provisioning = self.provisioning.part(first)
        part.warm, part.call = self.warm.part(first), self.call.part(first)
        part.commit, part.read = self.commit.part(first), self.read.part(first)
        part.notify, part.goal = self.notify.part(first), self.goal.part(first)
        return part
