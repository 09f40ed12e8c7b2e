"""Plain data mutated in structure: one random place, one random change."""

from __future__ import annotations

from random import Random
from typing import Any

from tests.hard_input.hostile import KEYS, VALUES
from tests.hard_input.writing import Doubled, Raw

Tree = Any
_STEP_DOWN = 0.85


def mutate(tree: Tree, random: Random) -> str:
    """Change a tree of dicts and lists in place; what was done, in words."""
    holder, key, path = _place(tree, random)
    if holder is None:
        return "nothing to change"
    change = random.choice(_OF_OBJECTS if isinstance(holder, dict) else _OF_LISTS)
    return f"{path}: {change(holder, key, random)}"


def _place(tree: Tree, random: Random) -> tuple[Any, Any, str]:
    """A random slot: the dict or list that holds it, its key there, and the path."""
    holder, key, path = None, None, "$"
    at = tree
    while isinstance(at, dict | list) and at:
        holder, key = at, random.choice([*at] if isinstance(at, dict) else range(len(at)))
        at = holder[key]
        path += f"[{key!r:.40}]"
        if random.random() > _STEP_DOWN:
            break
    return holder, key, path


def _replace(holder: Any, key: Any, random: Random) -> str:
    holder[key] = random.choice(VALUES)
    return f"replaced by {holder[key]!r:.60}"


def _turn(holder: Any, key: Any, random: Random) -> str:
    """A number made another number, a text another text."""
    value = holder[key]
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e100:
        holder[key] = str(value)[:200] + random.choice(("", " ", "x", "\u0301")) if value is not None else "null"
    else:
        factor = random.choice((-1, 0, 1e3, 1e6, 1e9, 1e15, 1e200, 1e-9, 1e-200, float("nan"), 1.0000001, 0.5))
        holder[key] = random.choice((value * factor, str(value), [value], Raw(f"{value!r}0000000000"), value + 0.5))
    return f"turned into {holder[key]!r:.60}"


def _nudge(holder: Any, key: Any, random: Random) -> str:
    """A number made another that is legal more often than not, at the edge at times; a text one from beside it."""
    value = holder[key]
    if isinstance(value, str):
        texts = [text for text in (holder.values() if isinstance(holder, dict) else holder) if isinstance(text, str)]
        holder[key] = random.choice(texts)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        holder[key] = random.choice((value * 2, value * 10, value * 1000, value + 1, 1, 2, 1e-9, 1e9, 10**9, 1e6, 1e18))
        if isinstance(value, int) and random.random() < 0.9:
            holder[key] = int(holder[key])
    return f"nudged to {holder[key]!r:.60}"


def _swap(holder: Any, key: Any, random: Random) -> str:
    other = random.choice([*holder] if isinstance(holder, dict) else range(len(holder)))
    holder[key], holder[other] = holder[other], holder[key]
    return f"swapped with {other!r:.40}"


def _drop(holder: Any, key: Any, random: Random) -> str:
    del holder[key]
    return "dropped"


def _rename(holder: dict[str, Any], key: str, random: Random) -> str:
    names = (key.upper(), key + "s", key[:-1], f" {key}", key.replace("_", "-"), random.choice(KEYS))
    name = random.choice(names)
    holder[name] = holder.pop(key)
    return f"renamed {name!r:.40}"


def _double(holder: dict[str, Any], key: str, random: Random) -> str:
    holder[key] = Doubled((key, holder[key], random.choice((holder[key], random.choice(VALUES)))))
    return "there twice"


def _add(holder: dict[str, Any], key: str, random: Random) -> str:
    name = random.choice(KEYS)
    holder[name] = random.choice((holder[key], random.choice(VALUES)))
    return f"{name!r:.40} put beside it"


def _repeat_item(holder: list[Any], key: int, random: Random) -> str:
    n = random.choice((1, 1, 2, 50))
    holder[key:key] = [holder[key]] * n
    return f"repeated {n} times"


def _shuffle(holder: list[Any], key: int, random: Random) -> str:
    random.shuffle(holder)
    return "shuffled with its neighbours"


def _empty(holder: list[Any], key: int, random: Random) -> str:
    holder.clear()
    return "gone with its neighbours"


_OF_ALL = (_replace, _replace, _replace, _turn, _nudge, _nudge, _nudge, _swap, _drop)
_OF_OBJECTS = (*_OF_ALL, _rename, _double, _add)
_OF_LISTS = (*_OF_ALL, _repeat_item, _shuffle, _empty)
