"""Running functions, and generator functions, of Python."""

from collections.abc import Callable, Iterator
from functools import partial
from io import BytesIO
from types import GeneratorType
from typing import Any

from .bundle import PythonTask
from .failures import TaskFailed, summary
from .given import Given
from .values import RAW, Arguments, encode


def run_function(task: PythonTask, function: Callable[..., Any], given: Given) -> dict[int, bytes]:
    """What a function makes of its inputs, by object. Raises what it raises, TaskFailed, ValueFault, Stopped."""
    with given.brake.stops_thread():
        args, kwargs = Arguments(BytesIO(task.arguments), given.value, given.has).load()
        given.arguments = partial(summary, args, kwargs)
        returned = function(*args, **kwargs)
        if isinstance(returned, GeneratorType):
            return _pieces(task, returned, given)
        if task.items:
            return _split(task, returned, given)
        return {found: encode(value) for found, value in zip(task.outputs, _values(task, returned), strict=True)}


def _split(task: PythonTask, returned: Any, given: Given) -> dict[int, bytes]:
    """A list item by item, and as a whole if that is read, too. How long it is, is not for it to judge."""
    if not isinstance(returned, list | tuple):
        raise TaskFailed(f"it returned a {type(returned).__name__}; expected a list, for a map node takes its items")
    given.width = len(returned)
    made = {found: encode(value) for found, value in zip(task.items, returned, strict=False)}
    return made | {found: encode(returned) for found in task.outputs}


def _values(task: PythonTask, returned: Any) -> tuple[Any, ...] | list[Any]:
    """What is returned, as so many values as there are outputs."""
    wanted = len(task.outputs)
    if wanted == 1:
        return (returned,)
    if not wanted:
        return ()
    if not isinstance(returned, tuple | list):
        raise TaskFailed(f"it returned a {type(returned).__name__}; expected {wanted} values, in a tuple or list")
    if len(returned) != wanted:
        raise TaskFailed(f"it returned {len(returned)} values; expected {wanted}")
    return returned


def _pieces(task: PythonTask, generator: Iterator[Any], given: Given) -> dict[int, bytes]:
    """The pieces that a generator yields, together; each is handed on as it comes."""
    if len(task.outputs) != 1:
        raise TaskFailed(f"a generator function makes one output, and it is to make {len(task.outputs)}")
    [found] = task.outputs
    whole = bytearray(RAW)
    for place, piece in enumerate(generator):
        if not isinstance(piece, bytes | bytearray | memoryview):
            raise TaskFailed(f"it yielded a {type(piece).__name__}; expected pieces of bytes")
        whole += piece
        if found in given.streamed:
            given.made(found, bytes(piece) if place else RAW + bytes(piece))
    return {found: bytes(whole)}
