"""The tables of a platform description, one class each, in the order of an instance's life."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, model_validator

from platforms.distribution import Distribution
from platforms.faults import Backoff
from platforms.quantities import (
    Bytes,
    BytesPerSecond,
    Cores,
    Count,
    Factor,
    Maybe,
    Megabytes,
    Number,
    PerSecond,
    PositiveSeconds,
    Probability,
    Seconds,
    SecondsOrForever,
    Sigma,
    Tries,
    Unit,
    Usd,
)
from platforms.section import Section


class Sizes(Section):
    """The memory sizes an instance can have and the vCPUs that come with them."""

    min_mb: Megabytes
    """Smallest size."""
    max_mb: Megabytes
    """Largest size."""
    step_mb: Megabytes
    """Distance between sizes, counted from the smallest."""
    default_mb: Megabytes
    """Size that planners take when none is asked for."""
    mb_per_vcpu: Annotated[Cores, Unit("MB/vCPU")]
    """Memory that brings one vCPU; other sizes get CPU in proportion."""
    max_vcpus: Maybe[Cores] = None
    """Most vCPUs, however large the size; none = no such cap."""

    @model_validator(mode="after")
    def _consistent(self) -> Sizes:
        return self._require(
            ("max_mb", f"at least min_mb, {self.min_mb}", self.min_mb <= self.max_mb),
            ("default_mb", self.legal, self.allows(self.default_mb)),
        )

    @property
    def legal(self) -> str:
        """The legal sizes, in words."""
        return f"a size from {self.min_mb} to {self.max_mb} MB in steps of {self.step_mb}"

    def allows(self, memory_mb: float) -> bool:
        """Whether this is a size an instance can have."""
        return self.min_mb <= memory_mb <= self.max_mb and (memory_mb - self.min_mb) % self.step_mb == 0


class Cpu(Section):
    """How tasks share the vCPUs of their instance."""

    sharing: Literal["fair", "proportional"] = "fair"
    """fair: max-min shares up to each task's parallelism; proportional: all slow down by the same factor."""
    slots: Maybe[Count] = None
    """Tasks a worker runs at once; none = one per whole vCPU, at least one."""


class Host(Section):
    """The machine under the instances, where they share one."""

    cores: Maybe[Cores] = None
    """Cores that all instances share, weighted by their vCPUs; none = each has its own."""
    start_cpu_s: Seconds = 0.0
    """CPU time of a cold start after its initialization time; like the fields below it competes for the cores."""
    warm_start_cpu_s: Seconds = 0.0
    """CPU time of a start on an idle instance, after its time: of whoever takes the call and hands it on."""
    first_run_cpu_s: Seconds = 0.0
    """CPU time that the first task on an instance takes beyond its own: code that is loaded when it is needed."""
    call_cpu_s: Seconds = 0.0
    """CPU time of taking a call, after its time; calls share one core at most, for the platform takes them."""
    get_cpu_s: Seconds = 0.0
    """CPU time of a get, after its latency and its bytes; streamed objects apart."""
    put_cpu_s: Seconds = 0.0
    """CPU time of a put, likewise."""
    cpu_s_per_gb: Annotated[Number, Unit("s/GB")] = 0.0
    """CPU time that each GB (10^9 bytes) adds to a get or put."""

    @property
    def chores(self) -> tuple[str, ...]:
        """The fields that ask for CPU time besides that of tasks."""
        return tuple(name for name in type(self).model_fields if name != "cores" and getattr(self, name))


class InitOfSize(Section):
    """The initialization time from one size on."""

    memory_mb: Megabytes
    """Smallest size this holds for."""
    init_s: Distribution
    """Initialization time from this size up to the next entry."""


class Start(Section):
    """What an accepted invocation waits for before its handler runs."""

    runtime: str
    """Language runtime and packaging that the figures belong to; a label."""
    package_mb: Annotated[Number, Unit("MB")]
    """Code package, beyond what the initialization figures include."""
    provisioning_s: Distribution
    """Cold start, first part: from acceptance until the sandbox begins to initialize; never billed."""
    init_s: Distribution
    """Cold start, second part: runtime and imports, until the handler can run."""
    init_by_size: tuple[InitOfSize, ...] = ()
    """Sizes that initialize differently, ascending; the largest entry not above the size wins over init_s."""
    init_s_per_package_mb: Annotated[Number, Unit("s/MB")]
    """Initialization added by each MB of package."""
    warm_s: Distribution
    """Warm start: from acceptance until the handler of an idle instance runs."""

    @model_validator(mode="after")
    def _ascending(self) -> Start:
        sizes = [entry.memory_mb for entry in self.init_by_size]
        return self._require(("init_by_size", "sizes in ascending order, each once", sizes == sorted(set(sizes))))

    def init_of(self, memory_mb: float) -> tuple[Distribution, float]:
        """The initialization time of a size: a distribution, and the seconds that the package adds to it."""
        init_s = self.init_s
        for entry in self.init_by_size:
            if entry.memory_mb <= memory_mb:
                init_s = entry.init_s
        return init_s, self.init_s_per_package_mb * self.package_mb


class Invocation(Section):
    """What it takes to ask the platform for a worker."""

    call_s: Distribution
    """From a caller's call until the platform has accepted it; the caller is busy for so long."""
    callers: Count
    """Calls that one worker makes at a time."""
    client_callers: Count
    """Calls that the client makes at a time."""


class FixedKeepAlive(Section):
    """An idle instance is reclaimed after a fixed time."""

    kind: Literal["fixed"] = "fixed"
    duration_s: SecondsOrForever
    """Kind fixed: time since its last use after which an instance is reclaimed; inf = never."""


class DrawnKeepAlive(Section):
    """An idle instance is reclaimed after a time drawn anew for each idle period."""

    kind: Literal["distribution"] = "distribution"
    duration: Distribution
    """Kind distribution: time since its last use after which an instance is reclaimed."""


class HalfLifeKeepAlive(Section):
    """Idle instances die out by halves."""

    kind: Literal["half_life"] = "half_life"
    half_life_s: PositiveSeconds
    """Kind half_life: at each multiple of this since its last use an instance survives with chance 1/2."""


KeepAlive: TypeAlias = Annotated[FixedKeepAlive | DrawnKeepAlive | HalfLifeKeepAlive, Field(discriminator="kind")]
"""When an idle instance is reclaimed."""

Routing: TypeAlias = Literal["newest", "oldest", "most-recently-used", "least-recently-used", "random"]


class SizeConcurrency(Section):
    """A concurrency limit of one size's own."""

    memory_mb: Megabytes
    """The size."""
    concurrency: Maybe[Count]
    """Most instances of it busy or starting at once, whatever concurrency_per_size says; none = no limit."""


class Limits(Section):
    """What the platform refuses, delays or ends."""

    concurrency: Maybe[Count] = None
    """Most instances busy or starting at once, over all sizes; none = no limit."""
    concurrency_per_size: Maybe[Count] = None
    """Most instances of any one size busy or starting at once; none = no limit."""
    concurrency_of_sizes: tuple[SizeConcurrency, ...] = ()
    """Sizes that have another limit than concurrency_per_size."""
    ramp_per_s: Maybe[PerSecond] = None
    """New instances allowed per second and size (refill of a token bucket); none = no limit."""
    ramp_burst: Maybe[Count] = None
    """New instances allowed at once per size (depth of the bucket); given exactly when ramp_per_s is."""
    over_limit: Literal["queue", "refuse"] = "queue"
    """queue: an invocation over a limit waits its turn; refuse: its call fails and is repeated later."""
    backoff: Backoff = Backoff()
    """Repetition of refused calls."""
    max_duration_s: Maybe[PositiveSeconds] = None
    """Longest duration of one invocation, after which it is killed; none = no limit."""
    memory_holds_objects: bool = False
    """Whether the objects that a worker holds count against its size; the floors of the tasks that run always do."""
    max_attempts: Tries = 1
    """Deliveries of one invocation, the first included, if its instance dies."""

    @model_validator(mode="after")
    def _whole_bucket(self) -> Limits:
        both_or_none = (self.ramp_per_s is None) == (self.ramp_burst is None)
        return self._require(("ramp_burst", "given exactly when ramp_per_s is", both_or_none))

    @model_validator(mode="after")
    def _each_size_once(self) -> Limits:
        sizes_mb = [entry.memory_mb for entry in self.concurrency_of_sizes]
        return self._require(("concurrency_of_sizes", "each size once", len(sizes_mb) == len(set(sizes_mb))))

    def concurrency_of(self, memory_mb: float) -> int | None:
        """Most instances of one size busy or starting at once, the limit over all sizes apart; None is no limit."""
        for entry in self.concurrency_of_sizes:
            if entry.memory_mb == memory_mb:
                return entry.concurrency
        return self.concurrency_per_size


class InstanceNetwork(Section):
    """The token bucket of one instance's network: fast for a while, then sustained."""

    burst_bytes: Bytes
    """Bytes that a rested instance moves at the burst rate, those included that it gains meanwhile."""
    burst_bytes_per_s: BytesPerSecond
    """Rate while the burst lasts."""
    sustained_bytes_per_s: BytesPerSecond
    """Rate once it is used up; what is slower uses nothing up, and leaves something to fill it again."""
    refill_s: PositiveSeconds
    """Rest after which the whole burst is there again."""

    @model_validator(mode="after")
    def _burst_is_faster(self) -> InstanceNetwork:
        slow = self.sustained_bytes_per_s
        return self._require(
            ("burst_bytes_per_s", f"at least sustained_bytes_per_s, {slow:g}", self.burst_bytes_per_s >= slow)
        )


class Network(Section):
    """How fast data moves between an instance and the store."""

    model: Literal["independent", "shared"] = "independent"
    """independent: transfers share their instance's network alone; shared: and the store's total, fairly."""
    connection_bytes_per_s: Maybe[BytesPerSecond] = None
    """Rate of one connection; none = unlimited."""
    instance: Maybe[InstanceNetwork] = None
    """Network of one instance; none = unlimited."""
    directions: Literal["separate", "joined"] = "separate"
    """Whether up and down have a capacity each or share one."""
    parallel_transfers: Count
    """Fetches that one worker has under way at once; uploads are not limited."""


class Store(Section):
    """The intermediate storage that data objects pass through."""

    get_latency_s: Distribution
    """Time to the first byte of a get."""
    put_latency_s: Distribution
    """Time of a put beyond its bytes."""
    total_bytes_per_s: Maybe[BytesPerSecond] = None
    """Rate of the store as a whole, in each direction unless they are joined; none = unlimited."""
    get_requests_per_s: Maybe[PerSecond] = None
    """Gets served per second; none = unlimited."""
    put_requests_per_s: Maybe[PerSecond] = None
    """Puts served per second; none = unlimited."""


class Ledger(Section):
    """Where commits, marks and dependency sets are kept, and workers notified."""

    request_s: Distribution
    """One request: a commit, a mark of any number of edges, a read of dependency sets."""
    notify_s: Distribution
    """From publishing a message until a waiting worker has it."""


class Prices(Section):
    """What is charged."""

    usd_per_gb_s: Annotated[Usd, Unit("USD/GB-s")]
    """Busy time of an instance, per GB (1,024 MB) of its size."""
    usd_per_invocation: Usd
    """One invocation."""
    billing_step_s: PositiveSeconds
    """Billed time is rounded up to a multiple of this."""
    bill_init: bool
    """Whether initialization is billed like busy time."""
    usd_per_get: Usd
    """One get from the store."""
    usd_per_put: Usd
    """One put into the store."""
    usd_per_ledger_request: Usd
    """One ledger request."""
    usd_per_notification: Usd
    """One message to a waiting worker."""
    store_usd_per_hour: Annotated[Usd, Unit("USD/h")]
    """The store's standing cost."""
    orchestration_usd_per_invocation: Usd
    """What an orchestration service adds to each invocation."""

    def usd_per_s(self, memory_mb: float) -> float:
        """Price of one billed second of an instance of this size."""
        return self.usd_per_gb_s * memory_mb / 1024


class Noise(Section):
    """How durations of tasks scatter around what the workflow says."""

    sigma: Sigma = 0.0
    """Standard deviation of the logarithm of a factor with mean 1; 0 = none."""
    straggler_probability: Probability = 0.0
    """Share of executions that straggle."""
    straggler_factor: Factor = 1.0
    """How much longer a straggler takes."""
