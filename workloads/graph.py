"""Workflows to networkx graphs and back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from workloads.builder import WorkflowBuilder
from workloads.demand import Demand
from workloads.errors import MISSING, Fault, InvalidInput, refuse_if
from workloads.fill import REFUSE, FillRules
from workloads.workflow import Workflow

if TYPE_CHECKING:
    import networkx

_TASK_ATTRIBUTES = ("function", "io_s", "cpu_s", "parallelism", "memory_mb", "curve")


def to_networkx(workflow: Workflow) -> networkx.DiGraph[str]:
    """The workflow as a directed graph of its tasks, in their order.

    Nodes are task names with ``function``, ``io_s``, ``cpu_s``, ``parallelism``, ``memory_mb``
    (or ``curve`` instead of ``io_s`` and ``cpu_s``), ``inputs`` and ``outputs`` (names of objects).
    Edges carry ``objects``, the names of what is handed over, and ``bytes``, their sum; both are
    empty for a control-only edge. The graph's ``objects`` maps all object names to their bytes;
    ``name``, ``wanted`` (results that tasks read as well), ``maps`` (name, splitter, lanes and width of each),
    ``assumptions`` and ``metadata`` are there too.
    """
    import networkx  # 0.1 s that most uses of this room do not need

    names = list(workflow.task_names)
    graph: networkx.DiGraph[str] = networkx.DiGraph(
        name=workflow.name,
        objects={each.name: each.bytes for each in workflow.data_objects()},
        wanted=tuple(workflow.object_names[i] for i in workflow.wanted),
        assumptions=workflow.assumptions,
        metadata=dict(workflow.metadata),
        maps=[
            (node.name, names[node.splitter], [[names[task] for task in lane] for lane in node.lanes], node.width)
            for node in workflow.maps
        ],
    )
    for task in workflow.tasks():
        graph.add_node(
            task.name,
            function=task.function,
            memory_mb=task.memory_mb,
            inputs=task.inputs,
            outputs=task.outputs,
            **_demand_attributes(workflow, task.index),
        )
    graph.add_edges_from(_edges(workflow))
    return graph


def _edges(workflow: Workflow) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each edge with the objects that the parent makes and the child reads."""
    tasks, objects = list(workflow.task_names), list(workflow.object_names)
    sizes, producer = workflow.object_bytes.tolist(), workflow.object_producer.tolist()
    inputs = workflow.inputs.tuples()
    for child, parents in enumerate(workflow.parents.tuples()):
        handed: dict[int, list[int]] = {parent: [] for parent in parents}
        for each in inputs[child]:
            if producer[each] >= 0:
                handed[producer[each]].append(each)
        for parent, made in handed.items():
            names = tuple(objects[each] for each in made)
            yield tasks[parent], tasks[child], {"objects": names, "bytes": sum(sizes[each] for each in made)}


def _demand_attributes(workflow: Workflow, task: int) -> dict[str, Any]:
    stated = workflow.stated(task)
    parallelism = {"parallelism": float(workflow.parallelism[task])}
    if isinstance(stated, Demand):
        return {"io_s": stated.io_s, "cpu_s": stated.cpu_s, **parallelism}
    return {"curve": stated, **parallelism}


def from_networkx(graph: networkx.DiGraph[Any], *, name: str | None = None, fill: FillRules = REFUSE) -> Workflow:
    """A workflow from a directed graph of tasks; raises :class:`InvalidInput` with every fault.

    A graph whose attribute ``objects`` maps data objects to bytes is understood as
    :func:`to_networkx` writes it: nodes name their ``inputs`` and ``outputs``, edges that hand over no
    object are control-only, and an edge that the objects imply has to be in the graph.

    In any other graph each edge is a data object of its own, of the edge's ``bytes``, called
    ``parent->child``; an edge with ``control=True`` is control-only. Nodes may be of any type, their
    names are ``str(node)``; their attributes are those of :meth:`WorkflowBuilder.add_task`.
    """
    title = name or str(graph.graph.get("name") or "graph")
    if not graph.is_directed() or graph.is_multigraph():
        raise InvalidInput([Fault(f"graph {title!r}", "type", type(graph).__name__, "a networkx.DiGraph")])
    metadata = graph.graph.get("metadata")
    builder = WorkflowBuilder(title, fill=fill, metadata=metadata if isinstance(metadata, Mapping) else None)
    for assumption in graph.graph.get("assumptions", ()):
        builder.assume(str(assumption))
    objects = graph.graph.get("objects")
    if not isinstance(objects, Mapping):
        _add_edges_as_objects(builder, graph)
        return builder.build()
    for each, size in objects.items():
        builder.add_object(each, size)
    for each in graph.graph.get("wanted", ()):
        builder.want(str(each))
    for node_name, splitter, lanes, width in graph.graph.get("maps", ()):
        builder.add_map(node_name, splitter=splitter, lanes=lanes, width=width)
    for node, attributes in graph.nodes.items():
        _add_task(builder, node, attributes, attributes, after=graph.predecessors(node))
    return _built(builder, _edges_left_out(graph, title))


def _add_edges_as_objects(builder: WorkflowBuilder, graph: networkx.DiGraph[Any]) -> None:
    names = {
        edge: builder.add_object(f"{edge[0]}->{edge[1]}", attributes.get("bytes"))
        for edge, attributes in graph.edges.items()
        if not attributes.get("control")
    }
    for node, attributes in graph.nodes.items():
        ends = {
            "inputs": [names[edge] for edge in graph.in_edges(node) if edge in names],
            "outputs": [names[edge] for edge in graph.out_edges(node) if edge in names],
        }
        control = [edge[0] for edge in graph.in_edges(node) if edge not in names]
        _add_task(builder, node, attributes, ends, after=control)


def _add_task(
    builder: WorkflowBuilder,
    node: object,
    attributes: Mapping[str, Any],
    ends: Mapping[str, Iterable[str]],
    after: Iterable[object],
) -> None:
    known = {key: attributes[key] for key in _TASK_ATTRIBUTES if key in attributes}
    builder.add_task(
        str(node),
        inputs=ends.get("inputs", ()),
        outputs=ends.get("outputs", ()),
        after=map(str, after),
        **known,
    )


def _built(builder: WorkflowBuilder, faults: Iterable[Fault]) -> Workflow:
    """The workflow, if there are no further faults than those given."""
    more = tuple(faults)
    try:
        workflow = builder.build()
    except InvalidInput as invalid:
        raise InvalidInput((*invalid.faults, *more)) from None
    refuse_if(more)
    return workflow


def _edges_left_out(graph: networkx.DiGraph[Any], title: str) -> Iterator[Fault]:
    """Edges that the data objects imply and the graph does not have."""
    producer = {name: node for node, outputs in graph.nodes(data="outputs") for name in outputs or ()}
    for node, inputs in graph.nodes(data="inputs"):
        for name in inputs or ():
            made_by = producer.get(name, node)
            if made_by != node and not graph.has_edge(made_by, node):
                yield Fault(f"graph {title!r}", f"edges[{made_by!r}, {node!r}]", MISSING, f"an edge for {name!r}")
