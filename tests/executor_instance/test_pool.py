"""Threads that are kept."""

from __future__ import annotations

import threading
from queue import SimpleQueue

import pytest

from executor.instance.pool import Threads


def test_what_is_given_is_done_at_once_by_as_many_threads_as_it_takes() -> None:
    threads = Threads("test")
    together = threading.Barrier(5)
    for _ in range(4):
        threads.do(lambda: together.wait())
    together.wait()
    threads.close()


def test_threads_are_kept_and_begin_nothing_twice() -> None:
    threads = Threads("test")
    done: SimpleQueue[int] = SimpleQueue()
    for _ in range(20):
        threads.do(lambda: done.put(threading.get_ident()))
        ident = done.get()
        while not threads._idle:  # it rests a moment after it has told
            pass
        assert threads._started == 1, ident
    threads.close()


def test_beyond_the_limit_work_waits_and_is_done() -> None:
    threads = Threads("test", most=2)
    gate = threading.Event()
    done: SimpleQueue[int] = SimpleQueue()
    for number in range(10):
        threads.do(lambda number=number: (gate.wait(), done.put(number)))  # type: ignore[misc]
    assert threads._started == 2
    gate.set()
    assert sorted(done.get() for _ in range(10)) == list(range(10))
    threads.close()


def test_without_room_for_another_thread_those_that_run_do_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    threads = Threads("test")
    done: SimpleQueue[int] = SimpleQueue()
    gate = threading.Event()
    threads.do(lambda: gate.wait() and None)

    def refuses(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", refuses)
        threads.do(lambda: done.put(1))
        with pytest.raises(RuntimeError):
            Threads("none").do(lambda: None)
    gate.set()
    assert done.get() == 1
    threads.close()


def test_stacks_of_other_threads_are_as_before() -> None:
    before = threading.stack_size()
    threads = Threads("test")
    threads.do(lambda: None)
    assert threading.stack_size() == before
    threads.close()
