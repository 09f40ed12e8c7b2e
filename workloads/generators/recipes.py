"""Synthetic workflows by the recipes of the wfcommons package, learned from recorded executions."""

from __future__ import annotations

import json
import random
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from typing import Annotated, Any, ClassVar

import numpy as np

from workloads.builder import WorkflowBuilder
from workloads.errors import Fault, InvalidInput, nearest
from workloads.generators.generator import Generator, Seed
from workloads.parameters import Figure, to_texts
from workloads.workflow import Workflow

RECIPES = (
    "blast",
    "bwa",
    "cycles",
    "epigenomics",
    "genome",
    "montage",
    "rnaseq",
    "seismology",
    "soykb",
    "srasearch",
)

_UUID_CHARACTERS = 36
"""The package calls a file by a random uuid and its kind."""


@dataclass(frozen=True, kw_only=True)
class Recipe(Generator):
    """A workflow by a recipe of the wfcommons package (the extra ``recipes``).

    The package grows a recorded workflow to about the asked number of tasks and draws each task's run
    time and file sizes by its kind. Run times become CPU seconds. The package draws around the largest
    value ever recorded and at times far beyond: a draw outside the range recorded for its kind is moved
    to the range's end, which is reported. Many tasks then stand at the maximum; the factors scale them.
    The package's ``rnaseq`` has no edges.
    """

    key: ClassVar[str] = "wfcommons"

    recipe: Annotated[str, Figure(f"one of {', '.join(RECIPES)}", "")] = "montage"
    tasks: Annotated[int, Figure("most tasks; each recipe has a least", "tasks", least=1, most=100_000)] = 300
    seed: Seed = 0
    time_factor: Annotated[float, Figure("factor on all run times", "", least=1e-9, most=1e9)] = 1.0
    size_factor: Annotated[float, Figure("factor on all file sizes", "", least=1e-9, most=1e9)] = 1.0

    def faults(self) -> Iterator[Fault]:
        """Only recipes that there are."""
        if self.recipe not in RECIPES:
            expected = f"{nearest(self.recipe, RECIPES)}one of {', '.join(RECIPES)}"
            yield Fault(self.key, "recipe", self.recipe, expected)

    @property
    def n_tasks(self) -> int:
        """At most."""
        return self.tasks

    @property
    def spec(self) -> str:
        """The specification, in which the recipe's name belongs to the key: ``wfcommons:genome,tasks=99``."""
        texts = {name: text for name, text in to_texts(self).items() if name != "recipe"}
        return ",".join([f"{self.key}:{self.recipe}", *(f"{name}={text}" for name, text in texts.items())])

    def workflow(self) -> Workflow:
        """Make the workflow; nothing is left on disk, the global generators are as before.

        Not for several threads at once: the package draws from the global generators.
        """
        # The package silences the warnings of the whole process: here, and not beyond this block.
        with warnings.catch_warnings(action="ignore"), _seeded(self.seed):
            recipe = self._recipe_class()(num_tasks=self.tasks)
            grow = recipe.generate_nx_graph
            recipe.generate_nx_graph = lambda: _in_order(grow())
            try:
                synthetic = recipe.build_workflow(self.recipe)
            except ValueError as error:
                expected = f"a number of tasks that the recipe can make ({error})"
                raise InvalidInput([Fault(self.spec, "tasks", self.tasks, expected)]) from None
        recorded = json.loads((recipe.this_dir / "task_type_stats.json").read_bytes())
        return _Copy(self, recorded).of(synthetic)

    def _recipe_class(self) -> Any:
        try:
            # Two seconds, and an extra that need not be installed.
            recipes = import_module("wfcommons.wfchef.recipes")
        except ImportError as error:
            expected = "the package wfcommons: install faascast with the extra 'recipes'"
            raise InvalidInput([Fault(self.spec, "", str(error), expected)]) from None
        return getattr(recipes, f"{self.recipe.capitalize()}Recipe")


class _Copy:
    """The package's workflow in ours, its files named by the task that makes or first reads them."""

    def __init__(self, recipe: Recipe, recorded: dict[str, Any]) -> None:
        self.recipe = recipe
        self.recorded = recorded
        self.builder = WorkflowBuilder(recipe.spec)
        self.called: dict[str, str] = {}
        self.moved: Counter[str] = Counter()

    def of(self, synthetic: Any) -> Workflow:
        tasks = [synthetic.nodes[name]["task"] for name in synthetic.nodes]
        for task in tasks:
            for file in task.output_files:
                self._add_file(task, file, "output")
        for task in tasks:
            for file in task.input_files:
                self._add_file(task, file, "input")
        for task in tasks:
            runtime_s = self._within(self.recorded[task.name]["runtime"], task.runtime, "run times")
            self.builder.add_task(
                task.task_id,
                function=task.name,
                inputs=[self.called[file.file_id] for file in task.input_files],
                outputs=[self.called[file.file_id] for file in task.output_files],
                cpu_s=runtime_s * self.recipe.time_factor,
                after=synthetic.predecessors(task.task_id),
            )
        for what, count in sorted((+self.moved).items()):
            self.builder.assume(f"{count} drawn {what} moved into the range recorded for their kind of task")
        return self.builder.build()

    def _add_file(self, task: Any, file: Any, direction: str) -> None:
        if file.file_id in self.called:
            return
        kind = file.file_id[_UUID_CHARACTERS:]
        size_bytes = self._within(self.recorded[task.name][direction][kind], file.size, "file sizes")
        name = f"{task.task_id}.{direction}{kind}"
        self.called[file.file_id] = self.builder.add_object(name, round(size_bytes * self.recipe.size_factor))

    def _within(self, recorded: dict[str, Any], drawn: float, what: str) -> float:
        within = float(min(max(drawn, recorded["min"]), recorded["max"]))
        self.moved[what] += within != drawn
        return within


def _in_order(graph: Any) -> Any:
    """The same graph, nodes in the order in which it was grown, round by round.

    Each round copies recorded nodes, partly in the order of a set, and calls the copies by random
    uuids. A round ends where a node is copied anew; inside it the order of the recorded nodes rules.
    """
    originals = {node: graph.nodes[node].get("duplicate_of", node) for node in graph.nodes}
    recorded = {node: i for i, node in enumerate(n for n in graph.nodes if originals[n] == n)}
    rank: dict[str, tuple[int, int]] = {}
    this_round: set[str] = set()
    rounds = 0
    for node, original in originals.items():
        if original in this_round:
            rounds += 1
            this_round.clear()
        this_round.add(original)
        rank[node] = (rounds, recorded[original])
    ordered = graph.__class__()
    ordered.add_nodes_from((node, graph.nodes[node]) for node in sorted(graph.nodes, key=rank.__getitem__))
    ordered.add_edges_from(sorted(graph.edges, key=lambda edge: (rank[edge[0]], rank[edge[1]])))
    return ordered


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Python's and numpy's global generators seeded, and afterwards as they were."""
    before, numpy_before = random.getstate(), np.random.get_state()  # noqa: NPY002 (the package's own)
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002
    try:
        yield
    finally:
        random.setstate(before)
        np.random.set_state(numpy_before)  # noqa: NPY002
