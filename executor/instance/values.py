"""Values and the bytes that they are stored as: the first byte says how to read the rest.

Bytes are stored as they are, so that command-line programs read what functions make, and the other way round;
everything else is pickled. Nothing at all is no bytes.
"""

import pickle
from collections.abc import Callable
from typing import Any

from executor.store.store import Data

RAW, PICKLED = b"\0", b"\1"
_PROTOCOL = 5


class ValueFault(ValueError):  # noqa: N818 (the house's word)
    """A value cannot be stored, or what is stored cannot be read as asked."""


def encode(value: object) -> bytes:
    """A value as bytes. ValueFault: it cannot be pickled."""
    if type(value) is bytes:  # of one that is more than that, the rest is kept, too
        return RAW + value
    if isinstance(value, memoryview):
        return RAW + value.tobytes()
    try:
        return PICKLED + pickle.dumps(value, _PROTOCOL)
    except MemoryError:
        raise
    except Exception:  # what is defined in a main program, or in a function, is beyond pickle
        return PICKLED + _by_value(value)


def _by_value(value: object) -> bytes:
    import cloudpickle  # costs a cold start more than all the rest, and few need it

    try:
        packed: bytes = cloudpickle.dumps(value, _PROTOCOL)
    except MemoryError:
        raise
    except Exception as error:
        raise ValueFault(f"a {type(value).__name__} cannot be pickled: {error}") from error
    return packed


def decode(data: Data) -> Any:
    """The value that was stored; each time a new one."""
    if not len(data):
        return b""
    kind, rest = bytes(data[:1]), memoryview(data)[1:]
    if kind == RAW:
        return bytes(rest)
    if kind == PICKLED:
        return pickle.loads(rest)
    raise ValueFault(f"what is stored begins with byte {kind[0]}: no value is stored like that")


def text_of(data: Data) -> bytes:
    """What a program reads of a stored value: bytes as they are, text and numbers as text in UTF-8."""
    value = decode(data)
    if isinstance(value, bytes | bytearray):
        return bytes(value)
    if isinstance(value, str | int | float):
        return str(value).encode()
    raise ValueFault(f"a program reads bytes, text or a number, and this is a {type(value).__name__}")


def pattern(number: int, n_bytes: int) -> bytes:
    """So many stored bytes, by which object ``number`` is known."""
    if not n_bytes:
        return b""
    piece = number.to_bytes(8, "little")
    return RAW + (piece * (n_bytes // 8 + 1))[: n_bytes - 1]


class Arguments(pickle.Unpickler):
    """Reads a function's arguments; an input in them is a persistent id (`executor.instance.bundle.PythonTask`)."""

    def __init__(self, file: Any, value_of: Callable[[int], Any], is_there: Callable[[int], bool]) -> None:
        super().__init__(file)
        self._value_of = value_of
        self._is_there = is_there

    def persistent_load(self, pid: Any) -> Any:
        """An input, or one item of it. ValueFault: it has no such item."""
        if isinstance(pid, int):
            return self._value_of(pid)
        number, index = pid
        if isinstance(number, tuple):
            return [self._value_of(each) for each in number if self._is_there(each)]
        try:
            return self._value_of(number)[index]
        except (IndexError, KeyError, TypeError) as error:
            raise ValueFault(f"object {number} has no item {index!r}: {error}") from error
