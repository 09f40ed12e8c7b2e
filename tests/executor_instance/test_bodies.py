"""Tasks of each kind, run by real instances."""

from __future__ import annotations

from pathlib import Path

from tests.executor_instance.platform import MiniPlatform
from tests.executor_instance.stage import Functions, Ref, Stage, view_of
from workloads import WorkflowBuilder


def diamond(builder: WorkflowBuilder) -> None:
    for name in ("in", "a.out", "b.out", "c.out", "d.out"):
        builder.add_object(name, 10)
    builder.add_task("a", cpu_s=1.0, inputs=["in"], outputs=["a.out"])
    builder.add_task("b", cpu_s=1.0, inputs=["a.out"], outputs=["b.out"])
    builder.add_task("c", cpu_s=1.0, inputs=["a.out"], outputs=["c.out"])
    builder.add_task("d", cpu_s=1.0, inputs=["b.out", "c.out"], outputs=["d.out"])


def test_functions_on_three_workers(tmp_path: Path) -> None:
    builder = WorkflowBuilder("diamond")
    diamond(builder)
    view = view_of(builder.build(), [0, 1, 2, 0])
    functions = Functions()
    tasks = [
        functions.task(lambda x: x + 1, Ref(0), outputs=[1]),
        functions.task(lambda x: [x, 2], Ref(1), outputs=[2]),
        functions.task(lambda x: {"c": x}, Ref(1), outputs=[3]),
        functions.task(lambda pair, found: (sum(pair), found["c"]), Ref(2), Ref(3), outputs=[4]),
    ]
    stage = Stage(tmp_path, view, tasks, functions)
    stage.put(0, 40)
    platform = MiniPlatform(stage)
    leave = platform.run()
    assert (leave.status, leave.reason) == ("done", "")
    assert stage.result(4, 1 << 32 | 1) == (43, 41)
    assert stage.replayed() is None
    stage.close()
