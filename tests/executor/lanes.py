"""Random workflows with map nodes, and what a run of given widths makes void."""

from __future__ import annotations

from random import Random

from msgspec.structs import replace

from executor.worker.view import View
from optimizations.copied import may_have_copies
from optimizations.mapped import can_stream
from planners.plan import Plan
from workloads import Between, Workflow, WorkflowBuilder


def void_by(view: View, widths: dict[int, int]) -> tuple[set[int], set[int]]:
    """The tasks that are never run with these widths by splitter, and the objects that nobody makes."""
    lanes = [node.lanes[widths[splitter] :] for splitter, node in view.maps.items()]
    items = [node.items[widths[splitter] :] for splitter, node in view.maps.items()]
    tasks = {task for void in lanes for lane in void for task in lane}
    unmade = {found for void in items for objects in void for found in objects}
    return tasks, unmade.union(*(view.outputs[task] for task in tasks))


def random_widths(rng: Random, view: View) -> dict[int, int]:
    """Per splitter a width; often none, one, or as many as there can be."""
    mosts = {splitter: len(node.lanes) for splitter, node in view.maps.items()}
    return {splitter: rng.choice((0, 1, most, rng.randint(0, most))) for splitter, most in mosts.items()}


class RandomMaps:
    """Draws a workflow: usual tasks, then map nodes whose lanes may read anything before, then more tasks, again."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.builder = WorkflowBuilder("random maps")
        self.builder.add_object("initial", 10)
        self.made: list[str] = []
        self.tasks: list[str] = []

    def workflow(self) -> Workflow:
        rng = self.rng
        for part in range(rng.choice((1, 1, 2))):
            for k in range(rng.randint(0, 2)):
                self.task(f"t{part}.{k}", self.some(2))
            self.map(f"m{part}")
        for k in range(rng.randint(0, 2)):
            self.task(f"end{k}", self.some(3))
        return self.builder.build()

    def some(self, most: int) -> list[str]:
        return self.rng.sample(self.made, min(len(self.made), self.rng.randint(0, most)))

    def task(
        self, name: str, inputs: list[str], outputs: list[str] | None = None, after: list[str] | None = None
    ) -> str:
        """A task; what else it makes can be read by whatever comes later."""
        more = [f"{name}.{k}" for k in range(self.rng.choice((0, 1, 1, 2)))]
        own = [self.builder.add_object(each, self.rng.choice((0, 1, 1000))) for each in more]
        after = [*(after or ()), *self.rng.sample(self.tasks, min(len(self.tasks), self.rng.choice((0, 0, 0, 1))))]
        inputs = inputs or (["initial"] if self.rng.random() < 0.5 else [])
        self.builder.add_task(name, inputs=inputs, outputs=[*(outputs or ()), *own], after=after, cpu_s=1.0)
        self.made += own
        return name

    def map(self, name: str) -> None:
        rng, most = self.rng, self.rng.randint(1, 4)
        items = [self.builder.add_object(f"{name}.item[{i}]", rng.choice((0, 1000))) for i in range(most)]
        splitter = self.task(f"{name}.split", self.some(2), items)
        before, tasks = tuple(self.made), tuple(self.tasks)
        lanes, ends = [], []
        for i in range(most):
            lane, found = self.lane(name, i, items[i], splitter)
            lanes.append(lane)
            ends += found
            self.made, self.tasks = list(before), list(tasks)
        self.builder.add_map(name, splitter=splitter, lanes=lanes, width=Between(0, most))
        self.tasks.append(splitter)
        if ends and rng.random() < 0.8:
            for k in range(rng.choice((1, 1, 2))):
                read = ends if k == 0 else rng.sample(ends, rng.randint(1, len(ends)))
                self.tasks.append(self.task(f"{name}.join{k}", [*read, *self.some(1)]))

    def lane(self, name: str, i: int, item: str, splitter: str) -> tuple[list[str], list[str]]:
        """The tasks of one lane, a chain or more, and what others may read of it."""
        rng, before = self.rng, len(self.made)
        control = rng.random() < 0.1
        first = self.task(f"{name}.a[{i}]", [*([] if control else [item]), *self.some(1)], after=[splitter])
        lane = [first]
        for k in range(rng.choice((0, 0, 1, 2))):
            own = self.made[before:]
            read = rng.sample(own, min(len(own), 1))
            lane.append(self.task(f"{name}.b{k}[{i}]", [*read, *self.some(1)], after=[rng.choice(lane)]))
        if control:
            self.builder.add_task(f"{name}.c[{i}]", inputs=[item], cpu_s=1.0)
            lane.append(f"{name}.c[{i}]")
        return lane, self.made[before:]


def without_conflicts(workflow: Workflow, plan: Plan) -> Plan:
    """The plan without what optimizations leave to map nodes."""
    orders = plan.orders
    duplicate = tuple(order for order in orders.duplicate if may_have_copies("duplicate", workflow, order.task))
    backup = tuple(order for order in orders.backup if may_have_copies("backup", workflow, order.task))
    stream = tuple(order for order in orders.stream if can_stream(workflow, order.producer, order.consumer))
    return replace(plan, orders=replace(orders, duplicate=duplicate, backup=backup, stream=stream))
