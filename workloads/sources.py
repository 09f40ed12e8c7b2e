"""From a specification to a workflow: a file, a built-in, a generator or a recipe."""

from __future__ import annotations

from workloads.errors import Fault, InvalidInput
from workloads.generators import GENERATORS
from workloads.parameters import from_texts
from workloads.workflow import Workflow


def load_workflow(spec: str) -> Workflow:
    """The workflow that a specification names; :class:`InvalidInput` says what there is otherwise."""
    key, _, rest = spec.partition(",")
    by_key = {generator.key: generator for generator in GENERATORS}
    if key not in by_key:
        raise InvalidInput([Fault("workflow", "", spec, f"one of {', '.join(by_key)}")])
    texts = dict(item.partition("=")[::2] for item in rest.split(",") if item)
    return from_texts(by_key[key], texts, key).workflow()
