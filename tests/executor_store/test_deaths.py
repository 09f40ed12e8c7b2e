"""Who works on a store is killed at any moment: what it was told is done is done, and nothing is half there."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path
from threading import Thread

import pytest

from executor.store.store import WHOLE, Inbox, Store
from tests.executor_store.hand import LISTENER, checked, name_of, result, start
from tests.executor_store.places import Place, listening
from tests.support import is_deep

N_KILLS = 1_000 if is_deep() else 60
LAST = "last"


@pytest.mark.parametrize("seed", [1, 2])
def test_nobodys_death_leaves_anything_half(store: Store, place: Place, tmp_path: Path, seed: int) -> None:
    notes = tmp_path / "acknowledged"
    notes.touch()
    letters: list[str] = []
    with listening(store, LISTENER) as inbox:
        collecting = Thread(target=collect, args=(inbox, letters))
        collecting.start()
        result(start("die", place, notes, N_KILLS, seed))
        store.mail.send(LISTENER, checked(LAST, 0))
        collecting.join()
    done: dict[str, list[str]] = defaultdict(list)
    for line in notes.read_text().splitlines():
        kind, name = line.split()
        done[kind].append(name)
    assert set(done) == {"entry", "object", "letter"}
    assert sum(map(len, done.values())) > 4 * N_KILLS, "they were killed before they did anything"
    check_log(store, done["entry"])
    check_objects(store, place, done["object"])
    assert not Counter(done["letter"]) - Counter(letters), "a letter was lost"
    assert max(Counter(letters).values()) == 1


def collect(inbox: Inbox, letters: list[str]) -> None:
    while letters[-1:] != [LAST]:
        letter = inbox.receive()
        assert letter is not None
        letters.append(name_of(letter))


def check_log(store: Store, done: list[str]) -> None:
    """All that was acknowledged is there, each once, in its order; one more of each who died, at most."""
    names = [name_of(entry) for entry in store.log.read(0)]
    of_child: dict[str, list[int]] = defaultdict(list)
    for name in names:
        child, _, step = name.partition(":")
        of_child[child].append(int(step))
    for steps in of_child.values():
        assert steps == list(range(len(steps)))
    assert set(done) <= set(names)
    assert len(names) - len(done) <= N_KILLS
    assert store.log.append(b"goes on", len(names)) == [b"goes on"]


def check_objects(store: Store, place: Place, done: list[str]) -> None:
    """All that was acknowledged is there, and whole; one more of each who died, at most, and whole, too."""
    last: dict[int, int] = defaultdict(lambda: -1)
    for name in done:
        child, step = map(int, name.split(":"))
        assert name_of(store.objects.get(child, step + 1, WHOLE)) == name
        last[child] = max(last[child], step)
    more = [child for child in range(N_KILLS) if store.objects.has(child, last[child] + 2, WHOLE)]
    for child in more:
        assert name_of(store.objects.get(child, last[child] + 2, WHOLE)) == f"{child}:{last[child] + 1}"
    left = place.left()
    assert left is not None
    assert left.n_objects == len(done) + len(more)
