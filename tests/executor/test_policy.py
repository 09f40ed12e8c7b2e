"""Policy points: each changes what it says and nothing else; several combine by their written rule."""

from __future__ import annotations

from functools import partial
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from executor.worker.machine import Worker
from executor.worker.policy import Policies, combined_holds, combined_uploads
from executor.worker.view import View
from tests.executor.cases import random_view
from tests.executor.world import World


def everything(view: View, task: int) -> tuple[int, ...]:
    return view.outputs[task]


def nobody(view: View, candidates: object, busy: bool) -> tuple[int, ...]:
    return ()


def always(view: View, worker: int) -> bool:
    return True


def run_with(policies: Policies, seed: int) -> World:
    rng, view = random_view(seed)
    world = World(view, rng, worker_type=partial(Worker, policies=policies))  # type: ignore[arg-type]
    world.run().check_end()
    return world


@given(st.integers(0, 2**32))
def test_uploading_everything_puts_every_output_into_the_store(seed: int) -> None:
    world = run_with(Policies(uploads=everything), seed)
    assert {found for found, _ in world.store} == {o for outputs in world.view.outputs for o in outputs}


@given(st.integers(0, 2**32))
def test_who_adopts_nothing_invokes_a_worker_for_each_flexible_task(seed: int) -> None:
    world = run_with(Policies(adopts=nobody), seed)
    view = world.view
    flexible = {view.n_workers + task for task, worker in enumerate(view.worker_of) if worker < 0}
    assert flexible == {worker for worker in world.epochs if worker >= view.n_workers}


@given(st.integers(0, 2**32))
def test_who_always_holds_is_invoked_once(seed: int) -> None:
    world = run_with(Policies(holds=always), seed)
    assert set(world.epochs.values()) == {1}


def test_combinations_do_not_depend_on_order() -> None:
    _, view = random_view(3)

    def last(view: View, task: int) -> tuple[int, ...]:
        return view.outputs[task][-1:]

    both, swapped = combined_uploads(everything, last), combined_uploads(last, everything)
    rng = Random(0)
    for task in rng.sample(range(len(view.parents)), min(4, len(view.parents))):
        assert both(view, task) == swapped(view, task) == tuple(sorted(view.outputs[task]))
    assert combined_holds(lambda v, w: False, always)(view, 0)
    assert not combined_holds(lambda v, w: False, lambda v, w: False)(view, 0)
