"""Same seed, same bytes: no room draws from global state, reads a clock or orders by an address."""

from __future__ import annotations

import pytest

from tests.architecture.chance import Exceptions, chance, unneeded
from tests.architecture.project import Project
from tests.support import fail_with

# Module, or package with `.*` behind it -> what it may use; every entry says why.
EXCEPTIONS: Exceptions = {
    # Where no seed is given, one is drawn and recorded in the run.
    "sim.simulate": frozenset({"secrets.randbits"}),
    # Constants are shared by identity: asked whether two are the same, never which comes first.
    "workloads.program.gather": frozenset({"id()"}),
    # Where plans are really carried out time is real, too.
    "executor.store.*": frozenset({"time.monotonic_ns"}),
    "executor.instance.*": frozenset({"time.monotonic_ns", "time.thread_time_ns"}),
    "executor.local.*": frozenset({"time.monotonic_ns"}),
    # How much CPU time a process has used.
    "executor.local.duty": frozenset({"time.clock_gettime_ns"}),
    # A run's name and key in the store: to be nobody's guess, and no matter to what happens.
    "executor.local.preparing": frozenset({"secrets.token_hex", "secrets.token_bytes"}),
    # As in the simulator: where no seed is given, one is drawn and recorded.
    "executor.local.run": frozenset({"secrets.randbits"}),
    # The recipes' package draws from the global generators: seeded around its call, and restored.
    "workloads.generators.recipes": frozenset(
        {
            "random.getstate",
            "random.seed",
            "random.setstate",
            "numpy.random.get_state",
            "numpy.random.seed",
            "numpy.random.set_state",
        }
    ),
}


def test_nothing_in_the_house_is_left_to_chance() -> None:
    fail_with(chance(Project.of_checkout(), EXCEPTIONS))


def test_every_exception_is_needed() -> None:
    fail_with(unneeded(Project.of_checkout(), EXCEPTIONS))


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("import random\nx = random.random()", "random.random"),
        ("import random as r\nx = r.Random(1)", "random.Random"),
        ("from random import shuffle as mix\nmix([])", "random.shuffle"),
        ("import numpy as np\nnp.random.seed(1)", "numpy.random.seed"),
        ("import numpy\nnumpy.random.rand(3)", "numpy.random.rand"),
        ("from numpy import random\nrandom.normal()", "numpy.random.normal"),
        ("from numpy.random import RandomState\nRandomState(1)", "numpy.random.RandomState"),
        ("import numpy as np\nnp.random.default_rng()", "numpy.random.default_rng()"),
        ("import numpy as np\nnp.random.default_rng(None)", "numpy.random.default_rng()"),
        ("import numpy as np\nnp.random.default_rng(seed=None)", "numpy.random.default_rng()"),
        ("import numpy as np\nfactory = np.random.default_rng", "numpy.random.default_rng"),
        ("from numpy.random import SeedSequence\nSeedSequence()", "numpy.random.SeedSequence()"),
        ("import numpy as np\nnp.random.Generator(np.random.PCG64())", "numpy.random.PCG64()"),
        ("from scipy import stats\nstats.norm.rvs(size=3)", "rvs()"),
        ("import uuid\nuuid.uuid4()", "uuid.uuid4"),
        ("import os\nos.urandom(8)", "os.urandom"),
        ("import secrets\nsecrets.token_hex()", "secrets.token_hex"),
        ("import time\ntime.time()", "time.time"),
        ("import time\nclock = time.monotonic", "time.monotonic"),
        ("from time import perf_counter as now\nnow()", "time.perf_counter"),
        ("import time\ndef f(now=time.perf_counter_ns): ...", "time.perf_counter_ns"),
        ("import datetime as dt\ndt.datetime.now()", "datetime.datetime.now"),
        ("from datetime import datetime\ndatetime.utcnow()", "datetime.datetime.utcnow"),
        ("from datetime import date\ndate.today()", "datetime.date.today"),
        ("x = hash('a') % 7", "hash()"),
        ("seen = {}\nseen[id(seen)] = 1", "id()"),
    ],
)
def test_chance_is_seen(source: str, name: str) -> None:
    [complaint] = chance(Project.of({"sim/pool.py": source}), {})
    assert complaint.startswith(f"sim/pool.py:{len(source.splitlines())}: {name}: ")


@pytest.mark.parametrize(
    "source",
    [
        "import numpy as np\nrng: np.random.Generator = np.random.default_rng(7)",
        "from numpy.random import PCG64, Generator, SeedSequence\nGenerator(PCG64(SeedSequence([1, 2])))",
        "from scipy import stats\nstats.norm.rvs(size=3, random_state=1)",
        "class Key:\n    def __hash__(self):\n        return hash((self.a, self.b))",
        "import time\ntime.strftime\ntime.sleep",
        "from datetime import datetime, timedelta\ndatetime.fromisoformat('2026-01-01') + timedelta(1)",
        "def draw(random, time):\n    return random.random() + time.time()",
        "from sim import random\nrandom.draw()",
    ],
)
def test_what_is_seeded_is_not_chance(source: str) -> None:
    assert chance(Project.of({"sim/pool.py": source}), {}) == []


def test_an_exception_holds_for_its_module_and_name_alone() -> None:
    project = Project.of(
        dict.fromkeys(("sim/pool.py", "sim/store.py"), "import random\nrandom.seed(1)\nrandom.random()")
    )
    complaints = chance(project, {"sim.pool": frozenset({"random.seed"})})
    assert [complaint.partition(": ")[0] for complaint in complaints] == [
        "sim/pool.py:3",
        "sim/store.py:2",
        "sim/store.py:3",
    ]


def test_an_exception_may_hold_for_a_package() -> None:
    project = Project.of(dict.fromkeys(("sim/pool/a.py", "sim/pooling.py"), "import random\nrandom.seed(1)"))
    assert len(chance(project, {"sim.pool.*": frozenset({"random.seed"})})) == 1
    assert unneeded(project, {"sim.pool.*": frozenset({"random.seed"})}) == []
    assert len(unneeded(project, {"sim.poo.*": frozenset({"random.seed"})})) == 1


def test_an_exception_without_need_is_seen() -> None:
    project = Project.of({"sim/pool.py": "import random\nrandom.seed(1)"})
    assert unneeded(project, {"sim.pool": frozenset({"random.seed"})}) == []
    assert unneeded(project, {"sim.pool": frozenset({"random.seed", "time.time"})}) == [
        "sim.pool: time.time is not used"
    ]
    assert unneeded(project, {"sim.gone": frozenset({"random.seed"})}) == ["sim.gone: random.seed is not used"]
