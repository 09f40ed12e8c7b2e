"""Failures: what is told of an exception, in one line to the machine and in full to the records."""

from types import TracebackType
from typing import Any

_MOST_CHARACTERS = 400
_LIBRARIES = ("/site-packages/", "/dist-packages/", "/lib/python3", "<frozen ")
_OURS = ("/executor/instance/", "/executor/store/")


class TaskFailed(Exception):  # noqa: N818 (what is told, not what went wrong here)
    """A task failed, and not by an exception of its own: the reason says it all. ``detail`` is for the records."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason)
        self.detail = detail


def reason_of(error: BaseException) -> str:
    """A failure in one line: what, and where in the user's code: ``ValueError: … (module.py:12 in f)``."""
    if isinstance(error, TaskFailed):
        return in_one_line(str(error))
    told = "out of memory" if isinstance(error, MemoryError) else type(error).__name__
    said = _said(error)
    return in_one_line(f"{told}: {said}" if said else told) + _place(error.__traceback__)


def in_one_line(text: str) -> str:
    """A text in one line of bearable length."""
    text = " ".join(writable(text).split())
    return text if len(text) <= _MOST_CHARACTERS else f"{text[:_MOST_CHARACTERS]}…"


def writable(text: str) -> str:
    """A text that can be written down in UTF-8: what is no character is told by its number."""
    return text.encode(errors="backslashreplace").decode()


def _said(error: BaseException) -> str:
    try:
        return str(error)
    except Exception as own:  # of the exception's own making
        return f"(it cannot be told: {type(own).__name__})"


def _place(traceback: TracebackType | None) -> str:
    """Where it came from: the innermost place in the user's code, or else in a library; nothing if it was none."""
    places = []
    while traceback:
        code = traceback.tb_frame.f_code
        places.append((code.co_filename, traceback.tb_lineno, code.co_name))
        traceback = traceback.tb_next
    outside = [place for place in places if not any(ours in place[0] for ours in _OURS)]
    users = [place for place in outside if not any(library in place[0] for library in _LIBRARIES)]
    for file, line, function in reversed(users or outside):
        return f" ({file.rpartition('/')[2]}:{line} in {function})"
    return ""


def in_full(error: BaseException, arguments: str = "") -> str:
    """The traceback, and a summary of what the task was given."""
    if isinstance(error, TaskFailed):
        told = f"{error}\n{error.detail}" if error.detail else str(error)
    else:
        import traceback  # only who fails needs it

        told = "".join(traceback.format_exception(error))
    return writable(f"{told.rstrip()}\n{arguments}" if arguments else told)


def summary(args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """What a function was given, in short."""
    from reprlib import Repr  # only who fails needs it

    short = Repr()
    short.maxstring = short.maxother = short.maxlong = 80

    def told(value: Any) -> str:
        try:
            return f"{short.repr(value)} ({type(value).__name__})"
        except Exception as error:  # of the value's own making
            return f"a {type(value).__name__} that cannot be told: {type(error).__name__}"

    lines = [f"  {place}: {told(value)}" for place, value in enumerate(args)]
    lines += [f"  {name}: {told(value)}" for name, value in kwargs.items()]
    return "\n".join(["arguments:", *lines]) if lines else "no arguments"
