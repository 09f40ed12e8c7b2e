"""The one way to make a workflow: describe it by names, then have everything checked at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from workloads.assembly import assembled
from workloads.demand import Curve
from workloads.draft import Draft, Kind, Locate, MapDraft
from workloads.fill import REFUSE, FillRules
from workloads.width import Width
from workloads.workflow import Workflow


class WorkflowBuilder:
    """Collects tasks and data objects by name; :meth:`build` checks all of it and makes the workflow.

    Names may be used before they are added. Nothing is checked before :meth:`build`.
    """

    def __init__(
        self,
        name: str,
        *,
        fill: FillRules = REFUSE,
        metadata: Mapping[str, object] | None = None,
        where: str | None = None,
        locate: Locate | None = None,
    ) -> None:
        """``where`` and ``locate`` name the source in faults, for a reader of a file format."""
        self._draft = Draft(
            name=name,
            where=where or f"workflow {name!r}",
            locate=locate or self._by_name,
            fill=fill,
            metadata=metadata or {},
        )

    def add_object(self, name: str, bytes: int | None = None) -> str:  # noqa: A002 (the unit)
        """Add a data object; ``None`` is an unknown size. Returns the name."""
        objects = self._draft.objects
        objects.names.append(name)
        objects.bytes.append(bytes)
        return name

    def add_task(
        self,
        name: str,
        *,
        function: str | None = None,
        inputs: Iterable[str] = (),
        outputs: Iterable[str] = (),
        io_s: float | None = None,
        cpu_s: float | None = None,
        parallelism: float = 1.0,
        memory_mb: float = 0.0,
        curve: Curve | None = None,
        after: Iterable[str] = (),
    ) -> str:
        """Add a task and return its name.

        ``inputs`` and ``outputs`` are names of data objects (a repeated one counts once); ``after``
        are parents that hand over no data. Its time is ``io_s + cpu_s / min(vcpus, parallelism)``,
        where one of the two may be left out as nothing, or ``curve`` alone; with none of the three
        the time is unknown. ``memory_mb`` is the least it needs, 0 anything. ``function`` is the code
        it runs, by default one of its own.
        """
        tasks = self._draft.tasks
        if curve is not None:
            tasks.curves[len(tasks.names)] = curve
        tasks.names.append(name)
        tasks.functions.append(name if function is None else function)
        tasks.io_s.append(io_s)
        tasks.cpu_s.append(cpu_s)
        tasks.parallelism.append(parallelism)
        tasks.memory_mb.append(memory_mb)
        tasks.inputs.append(inputs)
        tasks.outputs.append(outputs)
        tasks.after.append(after)
        return name

    def add_map(self, name: str, *, splitter: str, lanes: Iterable[Iterable[str]], width: Width) -> str:
        """Add a map node and return its name: the list that the task ``splitter`` returns decides how many lanes run.

        ``lanes`` are the tasks of each lane, as many lanes as the list has items at most. What the splitter makes for
        the tasks of one lane alone is that lane's item. Tasks outside that read a lane run after all lanes that do.
        """
        self._draft.maps.append(MapDraft(name, splitter, tuple(map(tuple, lanes)), width))
        return name

    def assume(self, assumption: str) -> None:
        """Add to the assumptions that the workflow reports."""
        self._draft.assumptions.append(assumption)

    def want(self, name: str) -> None:
        """A data object is a result even if tasks read it; what no task reads is one anyway."""
        self._draft.wanted[name] = None

    def build(self) -> Workflow:
        """Check everything and make the workflow; raises :class:`InvalidInput` with every fault."""
        return assembled(self._draft)

    def _by_name(self, kind: Kind, index: int, part: str, position: int | None = None) -> str:
        """Where a fault stands when the source is Python code: by the name of the task or object."""
        drafts = {"tasks": self._draft.tasks.names, "objects": self._draft.objects.names}
        names = drafts.get(kind) or [each.name for each in self._draft.maps]
        place = "" if position is None else f"[{position}]"
        return f"{kind}[{names[index]!r}].{part}{place}"
