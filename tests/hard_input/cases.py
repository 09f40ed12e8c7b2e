"""Case after case: each is made from its number alone, and can be made again from it."""

from __future__ import annotations

import shutil
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from io import BytesIO
from pathlib import Path
from random import Random
from typing import Any

from planners.plan_file import plan_document
from planners.registry import make_planner
from platforms import load_platform, presets
from sim import simulate
from tests.hard_input import commands, judge, tables, workflows
from tests.hard_input.hostile import DAMAGES, VALUES
from tests.hard_input.trees import mutate
from tests.hard_input.writing import to_json, to_toml
from tests.planners.examples import unaided_planners
from tests.support import ROOT
from workloads import Workflow, load_workflow

SMALL = "gen:forkjoin,width=3,bytes=1000000"


@dataclass
class Sheet:
    """One case: where its luck comes from, where its files are, and what was done so far."""

    number: int
    folder: Path
    random: Random
    story: list[str] = field(default_factory=list)

    def write(self, name: str, content: str | bytes) -> Path:
        """Write a file of the case; what cannot be encoded becomes bytes that cannot be decoded."""
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
        return path

    def mutated(self, tree: Any) -> Any:
        """The tree after one to three mutations."""
        for _ in range(self.random.choice((1, 1, 1, 2, 3))):
            self.story.append(mutate(tree, self.random))
        return tree

    def damaged(self, text: str) -> bytes:
        """The text after damage to its bytes."""
        data = text.encode("utf-8", "surrogatepass")
        for _ in range(self.random.choice((1, 1, 2))):
            which = self.random.randrange(len(DAMAGES))
            data = DAMAGES[which](data, self.random)
            self.story.append(f"damage {which}: {len(data)} bytes, {data[:60]!r}…")
        return data


@cache
def small() -> Workflow:
    return load_workflow(SMALL)


# ---- workflows


def _recorded(sheet: Sheet) -> str:
    return _workflow(sheet, workflows.recorded(sheet.random))


def _generated(sheet: Sheet) -> str:
    return _workflow(sheet, workflows.generated(sheet.random))


def _workflow(sheet: Sheet, document: dict[str, Any]) -> str:
    random = sheet.random
    version = random.choice((None, None, workflows.as_1_4, workflows.as_1_6))
    document = version(document) if version else document
    sheet.story.append(f"{document['name']}, WfFormat {document['schemaVersion']}")
    way = random.random()
    if way < 0.2:
        sheet.story.append(workflows.tangle(document, random))
    content = sheet.damaged(to_json(document)) if way > 0.75 else to_json(sheet.mutated(document))
    return commands.or_judge(sheet, sheet.write("workflow.json", content), "workflow")


# ---- platforms


@cache
def _full_platform(name: str) -> Any:
    return load_platform(name).model_dump(mode="json")


def _platform_tree(sheet: Sheet) -> str:
    """The full description of a preset, every field written out; or an extension of a preset with a few."""
    name = sheet.random.choice(presets())
    full = _plain(_full_platform(name))
    full.pop("sources", None)
    if sheet.random.random() < 0.3:
        kept = sheet.random.sample([*full], 3)
        full = {"extends": name, **{key: full[key] for key in kept}}
    sheet.story.append(name)
    path = sheet.write("platform.toml", to_toml(sheet.mutated(full)))
    return commands.or_judge(sheet, path, "platform")


def _platform_text(sheet: Sheet) -> str:
    """A preset's own file, or what `platforms NAME --toml` prints, damaged."""
    name = sheet.random.choice(presets())
    own = (ROOT / "platforms" / "presets" / f"{name}.toml").read_text("utf-8")
    text = own if sheet.random.random() < 0.5 else load_platform(name).to_toml()
    path = sheet.write("platform.toml", sheet.damaged(text))
    return commands.or_judge(sheet, path, "platform")


def _plain(value: Any) -> Any:
    """A copy, none as TOML has it."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return "none" if value is None else value


# ---- plans


@cache
def _plan_text(planner: str) -> str:
    plan = make_planner(planner).plan(small(), load_platform("aws-lambda-s3"), None)
    return to_json(plan_document(plan, small()))


def _plan(sheet: Sheet) -> str:
    import json

    planner = sheet.random.choice(unaided_planners())
    sheet.story.append(planner)
    document = json.loads(_plan_text(planner))
    if sheet.random.random() < 0.3:
        document["prewarms"] = [{"memory_mb": 1769, "at_s": 0.0, "count": 1}]
        document["orders"] = {"preload": list(document["tasks"])[:2]} if sheet.random.random() < 0.3 else {}
    damage = sheet.random.random() < 0.25
    content = sheet.damaged(to_json(document)) if damage else to_json(sheet.mutated(document))
    return commands.or_judge(sheet, sheet.write("plan.json", content), "plan")


# ---- lines


def _trace(sheet: Sheet) -> str:
    """An arrival trace."""
    return commands.or_judge(sheet, _table(sheet, tables.trace(sheet.random), "trace.csv"), "trace")


def _script(sheet: Sheet) -> str:
    """A fault script."""
    return commands.or_judge(sheet, _table(sheet, tables.script(sheet.random, small()), "script.csv"), "script")


def _table(sheet: Sheet, lines: list[list[str]], name: str) -> Path:
    for _ in range(sheet.random.choice((1, 1, 2, 3))):
        sheet.story.append(tables.spoil(lines, sheet.random))
    text = tables.to_csv(lines, sheet.random)
    return sheet.write(name, sheet.damaged(text) if sheet.random.random() < 0.25 else text)


@cache
def _log() -> bytes:
    plan = make_planner("heft").plan(small(), load_platform("aws-lambda-s3"), None)
    log = BytesIO()
    simulate(small(), plan, load_platform("aws-lambda-s3"), seed=1, event_log=log)
    return log.getvalue()


def _event_log(sheet: Sheet) -> str:
    """An event log, damaged."""
    data = _log()
    for _ in range(sheet.random.choice((1, 1, 2))):
        which = sheet.random.randrange(len(DAMAGES))
        data = DAMAGES[which](data, sheet.random)
        sheet.story.append(f"damage {which}: {len(data)} bytes")
    return judge.judge_log(sheet.write("events.log", data))


# ---- folders


def _folder(sheet: Sheet) -> str:
    """A run's, a comparison's or a sweep's folder with one of its files gone wrong."""
    import json

    kind = sheet.random.choice(commands.FOLDERS)
    folder = sheet.folder / kind
    shutil.copytree(commands.saved(kind), folder)
    path = sheet.random.choice(sorted(p for p in folder.rglob("*") if p.suffix in (".json", ".toml")))
    sheet.story.append(f"{path.relative_to(sheet.folder)}")
    text = path.read_text("utf-8")
    if path.suffix == ".json" and sheet.random.random() < 0.7:
        content: str | bytes = to_json(sheet.mutated(json.loads(text)))
    else:
        content = sheet.damaged(text)
    sheet.write(str(path.relative_to(sheet.folder)), content)
    return commands.on_folder(sheet, folder, kind)


# ---- texts of a command line


def _spec(sheet: Sheet) -> str:
    """The specification of a workflow, its parameters out of all proportion."""
    from workloads.sources import describe_sources

    sources = [each for each in describe_sources() if each.parameters and "|" not in each.key]
    source = sheet.random.choice(sources)
    chosen = sheet.random.sample(source.parameters, min(len(source.parameters), sheet.random.choice((1, 1, 2))))
    items = [f"{each.name}={_hostile_text(sheet.random)}" for each in chosen]
    spec = ",".join([source.key, *items])
    sheet.story.append(f"{spec!r:.300}")
    return commands.or_judge_spec(sheet, spec)


def _settings(sheet: Sheet) -> str:
    """`--set` and parameters of planners."""
    from platforms.overrides import ALIASES
    from platforms.schema import platform_fields

    random = sheet.random
    keys = [*ALIASES, *(doc.path for doc in platform_fields())]
    settings = {random.choice(keys): _hostile_text(random) for _ in range(random.choice((1, 1, 2)))}
    planners = [random.choice(unaided_planners())]
    if random.random() < 0.3:
        planners = [f"{planners[0]}[{random.choice(('size_mb', 'group', 'x'))}={_hostile_text(random)}]"]
    sheet.story.append(f"{planners!r:.200} {settings!r:.300}")
    return commands.or_judge_settings(sheet, planners, random.choice(presets()), settings)


_NUMBERS = (
    *("1e12", "1000000000000", "-1", "0", "1", "2", "3", "10", "0.5", "1e9", "1e-9", "1e6"),
    *("nan", "inf", "1e400", "1e-300", "1e300", "1e18", ""),
)


def _hostile_text(random: Random) -> str:
    if random.random() < 0.6:
        return random.choice(_NUMBERS)
    return to_toml({"x": random.choice(VALUES)}).removeprefix('"x" = ').rstrip("\n")


KINDS: Mapping[str, Callable[[Sheet], str]] = {
    "recorded workflow": _recorded,
    "generated workflow": _generated,
    "platform": _platform_tree,
    "platform text": _platform_text,
    "plan": _plan,
    "trace": _trace,
    "fault script": _script,
    "event log": _event_log,
    "folder": _folder,
    "specification": _spec,
    "settings": _settings,
}
"""Case `n` is of the kind `n` modulo their number."""


def prepare() -> None:
    """Make what all cases share, so that a process that is forked for one has it."""
    small()
    for planner in unaided_planners():
        _plan_text(planner)
    for kind in commands.FOLDERS:
        commands.saved(kind)


def kind_of(number: int) -> str:
    """Which kind a case is of."""
    return [*KINDS][number % len(KINDS)]


@contextmanager
def case(number: int, folder: Path) -> Iterator[Sheet]:
    """A case to be carried out, in a folder of its own that is gone afterwards."""
    own = folder / f"case-{number}"
    own.mkdir()
    try:
        yield Sheet(number, own, Random(f"hard input {number}"))
    finally:
        shutil.rmtree(own, ignore_errors=True)


@contextmanager
def nothing_ignored() -> Iterator[None]:
    """What Python could only print as ignored is a traceback to a user, and a violation."""
    ignored: list[str] = []
    before, sys.unraisablehook = sys.unraisablehook, lambda told: ignored.append(f"{told.exc_value!r:.300}")
    try:
        yield
    finally:
        sys.unraisablehook = before
    if ignored:
        raise judge.ViolationError(f"told as ignored: {ignored}")


def carry_out(number: int, folder: Path) -> tuple[str, str | None]:
    """Carry a case out: what came of it, and the violation in words if there is one."""
    if kind_of(number) == "recorded workflow" and not workflows.recorded_paths():
        return "skipped, for there are no recorded data", None
    with case(number, folder) as sheet, warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            with nothing_ignored():
                return KINDS[kind_of(number)](sheet), None
        except Exception as error:  # whatever it is, it is a violation
            told = "".join(traceback.format_exception(error, limit=-4))
            story = "\n  ".join([f"case {number} ({kind_of(number)})", *sheet.story])
            again = f"again: python -m tests.hard_input {number}"
            return "violation", f"{story}\n{told[-3000:]}{again}"


__all__ = ["KINDS", "Sheet", "carry_out", "case", "judge", "kind_of"]
