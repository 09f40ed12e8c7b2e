"""The luck of one run: its draws by cause."""

from __future__ import annotations

from platforms import Platform
from sim.draws import Cause, Draws, Factors
from workloads import Workflow


class Luck:
    """Subjects are tasks, input slots and objects: nothing that a plan names."""

    __slots__ = (
        "_init",
        "_n_tasks",
        "_platform",
        "call",
        "commit",
        "factors",
        "get",
        "notify",
        "provisioning",
        "put",
        "read",
        "seed",
        "warm",
    )

    def __init__(self, seed: int, workflow: Workflow, platform: Platform) -> None:
        n, store, ledger = workflow.n_tasks, platform.store, platform.ledger
        self.seed = seed
        self._n_tasks = n
        self._platform = platform
        self._init: dict[int, Draws] = {}
        self.factors = Factors(seed, platform.noise, n)
        self.provisioning = Draws(seed, Cause.PROVISIONING, n, platform.start.provisioning_s)
        self.warm = Draws(seed, Cause.WARM, n, platform.start.warm_s)
        self.call = Draws(seed, Cause.CALL, n, platform.invocation.call_s)
        self.get = Draws(seed, Cause.GET, workflow.inputs.indices.size, store.get_latency_s)
        self.put = Draws(seed, Cause.PUT, workflow.n_objects, store.put_latency_s)
        self.commit = Draws(seed, Cause.COMMIT, n, ledger.request_s)
        self.read = Draws(seed, Cause.READ, n, ledger.request_s)
        self.notify = Draws(seed, Cause.NOTIFY, n, ledger.notify_s)

    def init(self, memory_mb: int) -> Draws:
        """Initialization of a size; the sizes share their luck, task by task."""
        if memory_mb not in self._init:
            of, extra_s = self._platform.start.init_of(memory_mb)
            self._init[memory_mb] = Draws(self.seed, Cause.INIT, self._n_tasks, of, extra_s)
        return self._init[memory_mb]
