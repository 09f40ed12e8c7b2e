"""Random workflows, platforms and plans, for whoever has something that must hold for all of them.

Small on purpose: what can go wrong goes wrong between two or three tasks, and a small counterexample can be read.
Whole figures are favoured, for they make things happen at the same instant.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from planners.plan import Plan, PlannedWorker, Prewarm
from platforms import Platform, load_platform
from workloads import MemoryTable, PowerLaw, Workflow, WorkflowBuilder

SIZES_MB = (1024, 2048, 3072)
Strategy = st.SearchStrategy[Any]

# workflows ------------------------------------------------------------------------------------------------

object_bytes = st.sampled_from([0, 1, 1_000, 1_000_000]) | st.integers(0, 3_000_000)
times_s = st.sampled_from([0.0, 0.0, 0.5, 1.0]) | st.floats(0.0, 2.0)
demands: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.fixed_dictionaries(
        {"io_s": times_s, "cpu_s": times_s, "parallelism": st.sampled_from([1.0, 1.0, 1.5, 2.0, 8.0])}
    ),
    st.builds(PowerLaw, base_s=st.floats(0.0, 2.0)).map(lambda curve: {"curve": curve}),
    st.just({"curve": MemoryTable([(1024, 2.0), (2048, 0.5)])}),
)


@st.composite
def workflows(draw: st.DrawFn, most_tasks: int = 10) -> Workflow:
    """DAGs with data and control edges, objects with many consumers, several roots and sinks, sizes and times of 0.

    Tasks are added in an order of their own, so that a task's number says nothing about its parents'.
    """
    n_tasks = draw(st.integers(1, most_tasks))
    order = draw(st.permutations(range(n_tasks)))
    builder = WorkflowBuilder("random")
    available = [builder.add_object(f"initial{k}", draw(object_bytes)) for k in range(draw(st.integers(0, 2)))]
    tasks: dict[int, dict[str, Any]] = {}
    for place, task in enumerate(order):
        outputs = [f"o{task}.{k}" for k in range(draw(st.sampled_from([0, 1, 1, 1, 2])))]
        tasks[task] = {
            "function": draw(st.sampled_from(["f", "g"])),
            "inputs": draw(some_of(available, 3)),
            "outputs": outputs,
            "after": [f"t{order[k]}" for k in draw(some_of(range(place), 1))],
            **draw(demands),
        }
        available += [builder.add_object(name, draw(object_bytes)) for name in outputs]
    for task in range(n_tasks):
        builder.add_task(f"t{task}", **tasks[task])
    return builder.build()


def some_of(choices: Any, most: int) -> Strategy:
    """A few of the choices, each once."""
    return st.lists(st.sampled_from(choices), max_size=most, unique=True) if choices else st.just([])


# platforms ------------------------------------------------------------------------------------------------

durations: Strategy = st.one_of(
    st.sampled_from([0.0, 0.0, 0.01, 0.1, 0.5]),
    st.just({"kind": "uniform", "low_s": 0.01, "high_s": 0.2}),
    st.just({"kind": "lognormal", "median_s": 0.1, "sigma": 0.5}),
    st.just({"kind": "exponential", "mean_s": 0.1}),
    st.just({"kind": "empirical", "samples_s": [0.0, 0.1, 0.1, 0.4]}),
    st.just(
        {
            "kind": "mixture",
            "parts": [{"weight": 3, "of": 0.05}, {"weight": 1, "of": {"kind": "exponential", "mean_s": 1.0}}],
        }
    ),
)
keep_alives: Strategy = st.one_of(
    st.sampled_from([0.0, 0.3, 2.0, float("inf")]).map(lambda s: {"kind": "fixed", "duration_s": s}),
    st.sampled_from([0.5, 2.0]).map(lambda s: {"kind": "half_life", "half_life_s": s}),
    durations.map(lambda duration: {"kind": "distribution", "duration": duration}),
)
routings: Strategy = st.sampled_from(["newest", "oldest", "most-recently-used", "least-recently-used", "random"])
instance_networks: Strategy = st.none() | st.fixed_dictionaries(
    {
        "burst_bytes": st.sampled_from([0.0, 1e5, 2e6]),
        "burst_bytes_per_s": st.sampled_from([4e6, 1e7]),
        "sustained_bytes_per_s": st.sampled_from([5e5, 4e6]),
        "refill_s": st.sampled_from([0.5, 3.0]),
    }
)
unlimited: Strategy = st.just({"max_attempts": 1})
no_duration_limit: Strategy = st.fixed_dictionaries(
    {
        "concurrency": st.sampled_from([None, 1, 2, 3, 6]),
        "concurrency_per_size": st.sampled_from([None, None, 1, 2]),
        "concurrency_of_sizes": st.lists(
            st.fixed_dictionaries(
                {"memory_mb": st.sampled_from(SIZES_MB), "concurrency": st.sampled_from([None, 1, 3])}
            ),
            max_size=2,
            unique_by=lambda entry: int(entry["memory_mb"]),
        ),
        "over_limit": st.sampled_from(["queue", "queue", "refuse"]),
        "backoff": st.fixed_dictionaries(
            {
                "initial_s": st.sampled_from([0.1, 1.0]),
                "factor": st.sampled_from([1.0, 2.0]),
                "maximum_s": st.just(5.0),
                "attempts": st.sampled_from([1, 3, 50]),
            }
        ),
    },
)
ramps: Strategy = st.just({}) | st.fixed_dictionaries(
    {"ramp_per_s": st.sampled_from([0.5, 4.0]), "ramp_burst": st.integers(1, 3)}
)
duration_limits: Strategy = st.just({}) | st.fixed_dictionaries(
    {"max_duration_s": st.sampled_from([1.5, 4.0, 20.0]), "max_attempts": st.integers(1, 4)}
)
limits: Strategy = st.tuples(no_duration_limit, ramps, duration_limits).map(
    lambda parts: parts[0] | parts[1] | parts[2]
)


@st.composite
def platforms(draw: st.DrawFn, limits: Strategy = unlimited, figures: Strategy = durations) -> Platform:
    """Every field that the simulator honours, in every kind; ``figures`` are the kinds of durations."""
    overrides = {
        "sizes": {"min_mb": 1024, "max_mb": 4096, "step_mb": 1024, "default_mb": 1024, "mb_per_vcpu": 1024},
        "max_vcpus": draw(st.sampled_from([None, None, 0.5, 2.0])),
        "cpu": {
            "sharing": draw(st.sampled_from(["fair", "proportional"])),
            "slots": draw(st.sampled_from([None, None, 1, 2, 5])),
        },
        "host.cores": draw(st.sampled_from([None, None, 1.0, 3.5])),
        "start": {name: draw(figures) for name in ("provisioning_s", "init_s", "warm_s")}
        | {
            "package_mb": draw(st.sampled_from([0.0, 20.0])),
            "init_s_per_package_mb": 0.01,
            "init_by_size": draw(st.sampled_from([[], [{"memory_mb": 2048, "init_s": 0.05}]])),
        },
        "invocation": {
            "call_s": draw(figures),
            "callers": draw(st.integers(1, 3)),
            "client_callers": draw(st.integers(1, 3)),
        },
        "keep_alive": draw(keep_alives),
        "routing": draw(routings),
        "limits": draw(limits),
        "network": {
            "model": draw(st.sampled_from(["independent", "shared"])),
            "connection_bytes_per_s": draw(st.sampled_from([None, 1e6, 3.3e6])),
            "directions": draw(st.sampled_from(["separate", "joined"])),
            "parallel_transfers": draw(st.integers(1, 4)),
        },
        "network.instance": draw(instance_networks),
        "store": {name: draw(figures) for name in ("get_latency_s", "put_latency_s")}
        | {"total_bytes_per_s": draw(st.sampled_from([None, 8e5, 5e6]))},
        "ledger": {name: draw(figures) for name in ("request_s", "notify_s")},
        "prices": draw(prices),
        "noise": draw(noises),
        "pool.initial": [
            {"memory_mb": mb, "count": draw(st.integers(1, 2))} for mb in draw(st.just([]) | some_of(SIZES_MB, 2))
        ],
    }
    return load_platform("ideal", overrides).model_copy(update={"sources": {}})


prices: Strategy = st.fixed_dictionaries(
    {
        "usd_per_gb_s": st.just(1.6e-5),
        "usd_per_invocation": st.just(2e-7),
        "billing_step_s": st.sampled_from([0.001, 0.1]),
        "bill_init": st.booleans(),
        "usd_per_get": st.just(4e-7),
        "usd_per_put": st.just(5e-6),
        "usd_per_ledger_request": st.just(6e-7),
        "usd_per_notification": st.just(3e-7),
        "store_usd_per_hour": st.sampled_from([0.0, 0.02]),
        "orchestration_usd_per_invocation": st.sampled_from([0.0, 1e-6]),
    }
)
noises: Strategy = st.fixed_dictionaries(
    {
        "sigma": st.sampled_from([0.0, 0.0, 0.3]),
        "straggler_probability": st.sampled_from([0.0, 0.0, 0.3]),
        "straggler_factor": st.just(4.0),
    }
)
whole_durations: Strategy = st.sampled_from([0.0, 0.0, 0.5])
"""Figures that make many things end at the same instant."""

# plans ----------------------------------------------------------------------------------------------------


@st.composite
def plans(draw: st.DrawFn, workflow: Workflow, *, prewarms: bool = True) -> Plan:
    """Named and flexible workers mixed, of several sizes, holding and releasing, with any priorities."""
    n_tasks = workflow.n_tasks
    flexible = draw(st.sampled_from(["none", "some", "all"]))
    most_workers = draw(st.integers(1, 4))
    choice = {"none": st.integers(0, most_workers - 1), "all": st.none()}.get(
        flexible, st.none() | st.integers(0, most_workers - 1)
    )
    chosen = [draw(choice) for _ in range(n_tasks)]
    used = sorted({worker for worker in chosen if worker is not None})
    size, hold = st.sampled_from(SIZES_MB), draw(st.sampled_from([st.just(True), st.just(False), st.booleans()]))
    return Plan(
        planner="random",
        workflow=workflow.fingerprint,
        workers=tuple(PlannedWorker(f"w{i}", draw(size), draw(hold)) for i in range(len(used))),
        assignment=tuple(None if worker is None else used.index(worker) for worker in chosen),
        flexible_mb=draw(size) if None in chosen else None,
        priority=tuple(draw(st.permutations(range(n_tasks)))),
        prewarms=tuple(draw(st.lists(some_prewarm, max_size=2))) if prewarms else (),
    )


some_prewarm = st.builds(
    Prewarm,
    memory_mb=st.sampled_from(SIZES_MB),
    at_s=st.sampled_from([0.0, 0.5]) | st.floats(0, 3),
    count=st.integers(1, 3),
)


@st.composite
def settings_of_runs(
    draw: st.DrawFn, limits: Strategy = unlimited, figures: Strategy = durations
) -> tuple[Workflow, Plan, Platform, int]:
    """All that a run needs: workflow, plan, platform, seed."""
    workflow = draw(workflows())
    return workflow, draw(plans(workflow)), draw(platforms(limits, figures)), draw(st.integers(0, 2**32 - 1))
