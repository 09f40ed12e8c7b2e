"""Values come back as what they were; texts that cannot be written are told all the same; pipes hold nobody up."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec import msgpack

from executor.instance.bundle import CommandTask
from executor.instance.commands import run_command
from executor.instance.failures import TaskFailed, in_full, reason_of, writable
from executor.instance.given import Given
from executor.instance.values import RAW, decode, encode


class Bytes(bytes):
    """Bytes with something to them."""


@pytest.mark.parametrize("value", [b"", b"plain", Bytes(b"more"), bytearray(b"array"), [b"in a list"]])
def test_a_value_comes_back_as_what_it_was(value: object) -> None:
    found = decode(encode(value))
    assert found == value
    assert type(found) is type(value)


def test_plain_bytes_are_stored_as_they_are_and_views_as_what_they_show() -> None:
    assert encode(b"plain") == RAW + b"plain"
    assert encode(memoryview(b"a-b-c")[::2]) == RAW + b"abc"


def test_a_text_that_is_no_text_can_be_told_and_recorded() -> None:
    error = ValueError("file \udcff\nis missing")
    for told in (reason_of(error), in_full(error, "0: '\ud800'"), in_full(TaskFailed("\ud801"))):
        assert msgpack.decode(msgpack.encode(told)) == told
    assert "\\udcff" in reason_of(error)
    assert writable("naïve ✓") == "naïve ✓"


@pytest.mark.parametrize("made", ["mkfifo out.bin", "mkdir out.bin"])
def test_what_is_no_regular_file_is_no_output(tmp_path: Path, made: str) -> None:
    task = CommandTask(("/bin/sh", "-c", made), files_out=(("out.bin", 0),))
    with pytest.raises(TaskFailed, match=r"made 'out\.bin', and that is no regular file"):
        run_command(task, Given({}, {}, (0,), {}, lambda found, piece: None), str(tmp_path / "run"))
    assert list(tmp_path.iterdir()) == []
