"""From nodes to a program: the tasks that they need, named, and the data objects between them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from workloads.builder import WorkflowBuilder
from workloads.errors import Fault, InvalidInput
from workloads.fill import FillRules, Rule
from workloads.program.arguments import Arguments
from workloads.program.bodies import Body, CommandBody, PythonBody, Reference
from workloads.program.mapped import LaneCall, Lanes, item_name, listed, nodes_in, split_by
from workloads.program.node import STDOUT, VALUE, Call, FunctionCall, Node, ProgramCall
from workloads.program.program import Program
from workloads.program.structure import replaced
from workloads.program.task import task

ASSUMED_S = 1.0
"""CPU seconds of tasks where nothing is known of any."""
ASSUMED_BYTES = 1_000_000
"""Size of data objects where nothing is known of any."""

_A_NODE = "a node (what a call of a task returns), or lists, tuples and dicts of nodes"


def program_of(goals: object, *, name: str | None = None, fill: FillRules | None = None) -> Program:
    """The program that computes some nodes: one, or lists, tuples and dicts of them.

    Tasks are numbered per function in the order of the calls: ``multiply-0``, ``multiply-1``, …. ``name`` is the
    workflow's, by default the first goal's function. Times and sizes that nobody knows are taken as ``fill`` says; by
    default, and where that says nothing, as the median of the known, or if none is, as ``ASSUMED_S`` and
    ``ASSUMED_BYTES``. Raises InvalidInput for goals that are no nodes, arguments that cannot be pickled, and different
    functions of one name.
    """
    goals = replaced(goals, lambda leaf: task(listed)(leaf) if isinstance(leaf, Lanes) else leaf)
    asked = _goals(goals)
    calls = _needed(asked)
    gathering = _Gathering(calls, asked, WorkflowBuilder(name or asked[0].call.label, fill=_filling(fill, calls)))
    return gathering.program(goals, asked)


def is_goal(value: object) -> bool:
    """Whether :func:`program_of` makes something of a value."""
    leaves = _leaves(value)
    return bool(leaves) and all(isinstance(leaf, Node | Lanes) for leaf in leaves)


class _Gathering:
    """One program on its way; data objects are numbered as they come."""

    def __init__(self, calls: list[Call], asked: list[Node], builder: WorkflowBuilder) -> None:
        self.calls = calls
        self._split = split_by(calls)
        self._read = {(node.call, node.output) for node in [*asked, *_nodes([_arguments(call) for call in calls])]}
        self.builder = builder
        self.names: list[str] = []
        """Of the data objects."""
        self.given: dict[int, object] = {}
        self._shared: dict[int, int] = {}
        """The data object of each constant, by its identity: the calls keep all constants alive."""
        self._made: dict[tuple[Call, str], int] = {}

    def program(self, goals: object, asked: list[Node]) -> Program:
        names = _named(self.calls)
        bodies = tuple([self._task(call, name) for call, name in zip(self.calls, names, strict=True)])
        self._map(names)
        references: dict[object, Reference] = {node: Reference(self._number_of(node)) for node in asked}
        for reference in references.values():
            self.builder.want(self.names[reference.object])  # tasks may read it as well
        return Program(self.builder.build(), bodies, self.given, replaced(goals, references.__getitem__))

    def _task(self, call: Call, name: str) -> Body:
        items = [item_name(index) for index in range(self._split[call].most)] if call in self._split else []
        whole = [each for each in call.outputs if not items or (call, each) in self._read]
        outputs = {each: self._object(_output_name(name, each), call.wishes.output_bytes) for each in (*whole, *items)}
        self._made |= {(call, each): number for each, number in outputs.items()}
        arguments = Arguments(f"task {name!r}", self._number_of, self._give)
        body = _body(call, arguments, outputs, items)
        self.builder.add_task(
            name,
            function=call.label,
            inputs=[self.names[number] for number in arguments.reads],
            outputs=[self.names[number] for number in outputs.values()],
            cpu_s=call.wishes.expected_s,
            memory_mb=call.wishes.memory_mb,
        )
        return body

    def _map(self, names: list[str]) -> None:
        """Add the map nodes."""
        name_of = dict(zip(self.calls, names, strict=True))
        for mapped in self._split.values():
            lanes: list[list[str]] = [[] for _ in range(mapped.most)]
            for call, name in name_of.items():
                if isinstance(call, LaneCall) and call.mapped is mapped:
                    lanes[call.index].append(name)
            splitter = name_of[mapped.splitter]
            self.builder.add_map(lanes[0][0].removesuffix("[0]"), splitter=splitter, lanes=lanes, width=mapped.width)
            if mapped.is_assumed:
                self.builder.assume(f"the items that {splitter} returns taken as 0 to {mapped.most}, each as likely")

    def _number_of(self, node: Node) -> int:
        return self._made[node.call, node.output]

    def _give(self, value: object, n_bytes: int) -> int:
        """The data object of a constant: one, whoever reads it."""
        if id(value) not in self._shared:
            number = self._object(f"given-{len(self.given)}", n_bytes)
            self._shared[id(value)] = number
            self.given[number] = value
        return self._shared[id(value)]

    def _object(self, name: str, n_bytes: int | None) -> int:
        self.names.append(self.builder.add_object(name, n_bytes))
        return len(self.names) - 1


def _body(call: Call, arguments: Arguments, outputs: Mapping[str, int], items: Sequence[str]) -> Body:
    does, timeout_s = call.does, call.wishes.timeout_s
    if isinstance(does, FunctionCall):
        args = tuple([arguments.taken(value, f"args[{k}]") for k, value in enumerate(does.args)])
        kwargs = {name: arguments.taken(value, name) for name, value in does.kwargs.items()}
        whole = tuple([number for each, number in outputs.items() if each not in items])
        return PythonBody(does.function, args, kwargs, whole, timeout_s, tuple([outputs[each] for each in items]))
    return CommandBody(
        tuple([word if isinstance(word, str) else arguments.content(word) for word in does.argv]),
        None if does.stdin is None else arguments.content(does.stdin).object,
        outputs.get(STDOUT),
        tuple([(arguments.content(content).object, name) for name, content in does.files.items()]),
        tuple([(name, number) for name, number in outputs.items() if name != STDOUT]),
        does.environment,
        timeout_s,
    )


def _output_name(task: str, output: str) -> str:
    if output in (VALUE, STDOUT):
        return f"{task}.out"
    return f"{task}{output}" if output.startswith("[") else f"{task}/{output}"


# ---- what is asked for, and what that needs


def _leaves(structure: object) -> list[object]:
    found: list[object] = []
    replaced(structure, found.append)
    return found


def _nodes(structure: object) -> list[Node]:
    return [node for leaf in _leaves(structure) for node in nodes_in(leaf)]


def _goals(goals: object) -> list[Node]:
    leaves = _leaves(goals)
    for leaf in leaves or [goals]:
        if not isinstance(leaf, Node):
            raise InvalidInput([Fault("program", "goals", leaf, _A_NODE)])
    return _nodes(goals)


def _needed(asked: Iterable[Node]) -> list[Call]:
    """All calls that some nodes come of, in their order. There is no circle: a call knows earlier nodes alone."""
    found: dict[Call, None] = {}
    waiting = [node.call for node in asked]
    while waiting:
        call = waiting.pop()
        if call not in found:
            found[call] = None
            waiting += [node.call for node in _nodes(_arguments(call))]
    return sorted(found, key=lambda call: call.serial)


def _arguments(call: Call) -> object:
    does = call.does
    if isinstance(does, FunctionCall):
        return [does.args, dict(does.kwargs)]
    return [does.argv, does.stdin, dict(does.files)]


def _named(calls: Iterable[Call]) -> list[str]:
    """The names of the tasks; InvalidInput if different functions have one name, which would be taken for one."""
    codes: dict[str, object] = {}
    seen: Counter[str] = Counter()
    names = []
    for call in calls:
        code = _code(call)
        if codes.setdefault(call.label, code) != code:
            expected = "another name for one of the different functions that are called so: task(name=…)"
            raise InvalidInput([Fault("program", "name", call.label, expected)])
        is_next_lane = isinstance(call, LaneCall) and call.index > 0
        number = seen[call.label] - is_next_lane
        names.append(f"{call.label}-{number}" + (f"[{call.index}]" if isinstance(call, LaneCall) else ""))
        seen[call.label] += not is_next_lane
    return names


def _code(call: Call) -> object:
    """What tells functions apart that have one name: those made anew around other values are the same."""
    does: Any = call.does
    return does.argv[0] if isinstance(does, ProgramCall) else getattr(does.function, "__code__", does.function)


# ---- what nobody knows


def _filling(fill: FillRules | None, calls: Iterable[Call]) -> FillRules:
    given = fill or FillRules()
    wishes = [call.wishes for call in calls]
    knows_s = any(each.expected_s is not None for each in wishes)
    knows_bytes = any(each.output_bytes is not None for each in wishes)
    return FillRules(cpu_s=_rule(given.cpu_s, knows_s, ASSUMED_S), bytes=_rule(given.bytes, knows_bytes, ASSUMED_BYTES))


def _rule(given: Rule, is_known: bool, assumed: float) -> Rule:
    if given is None or given == "median":
        return "median" if is_known else assumed
    return given
