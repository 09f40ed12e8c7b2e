"""Running command-line programs, each in an empty folder of its own that is removed afterwards.

What a program reads and prints goes through files beside that folder, so that no amount of either can hold it up. It
belongs to the process group of the instance, and so ends with it; it is stopped with all that it started.
"""

import os
import signal
import stat
from contextlib import suppress
from typing import IO, Any

from .bundle import CommandTask
from .driver import NS_PER_S
from .failures import TaskFailed, in_one_line
from .given import Given
from .values import RAW, text_of

_TAIL_BYTES = 4096


def run_command(task: CommandTask, given: Given, folder: str) -> dict[int, bytes]:
    """What a program makes of its inputs, by object; ``folder`` is made for it. Raises TaskFailed, Stopped, OSError."""
    import shutil  # for those who run programs; it would make every start slower

    room = f"{folder}/room"
    words = [word if isinstance(word, str) else _text(word, given) for word in task.words]
    given.arguments = lambda: f"command: {words}"
    os.makedirs(room, 0o700)
    try:
        for found, name in task.files_in:
            _write(_inside(room, name), _stored(found, given))
        _write(f"{folder}/in", b"" if task.stdin is None else _stored(task.stdin, given))
        _run(task, words, given, folder)
        made = {found: _made(_inside(room, name), name) for name, found in task.files_out}
        if task.stdout is not None:
            made[task.stdout] = _made(f"{folder}/out", "its output")
        return made
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(task: CommandTask, words: list[str], given: Given, folder: str) -> None:
    import subprocess  # for those who run programs

    with _open(f"{folder}/in") as stdin, _open(f"{folder}/out", "wb") as out, _open(f"{folder}/err", "wb") as err:
        try:
            program = subprocess.Popen(
                words,
                stdin=stdin,
                stdout=out,
                stderr=err,
                cwd=f"{folder}/room",
                env={**os.environ, **task.environment},
            )
        except OSError as error:
            raise TaskFailed(f"{words[0]!r} cannot be run: {error.strerror}") from error
    try:
        with given.brake.stops(lambda: _end(program.pid)):
            _, status, used = os.wait4(program.pid, 0)
            program.returncode = os.waitstatus_to_exitcode(status)
    finally:
        if program.returncode is None:  # it was to stop before it had begun
            _end(program.pid)
            program.wait()
    given.cpu_ns = round((used.ru_utime + used.ru_stime) * NS_PER_S)
    given.brake.check()
    if program.returncode:
        raise _failure(program.returncode, _tail(f"{folder}/err"))


def _failure(code: int, tail: str) -> TaskFailed:
    how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"exited with code {code}"
    last = next((line for line in reversed(tail.splitlines()) if line.strip()), "")
    said = f"; the last that it said: {in_one_line(last)}" if last else ", and said nothing"
    return TaskFailed(f"the program {how}{said}", f"the end of its standard error:\n{tail}")


def _end(pid: int) -> None:
    """End a process and all that it started: stopped, it starts no more; once it is gone, they are not its."""
    with suppress(OSError):
        os.kill(pid, signal.SIGSTOP)
    children = _children(pid)
    with suppress(OSError):
        os.kill(pid, signal.SIGKILL)
    for child in children:
        _end(child)


def _children(pid: int) -> list[int]:
    """What any of its threads has started: the system lists the children of each by itself."""
    children: list[int] = []
    with suppress(OSError):  # it has gone, or a thread has
        for thread in sorted(os.listdir(f"/proc/{pid}/task")):
            with suppress(OSError), _open(f"/proc/{pid}/task/{thread}/children") as file:
                children += [int(child) for child in file.read().split()]
    return children


# files --------------------------------------------------------------------------------------------------------


def _open(path: str, mode: str = "rb") -> IO[Any]:
    return open(path, mode)


def _inside(room: str, name: str) -> str:
    """The path of a file of the program's; nothing outside its folder."""
    parts = name.split("/")
    if name.startswith("/") or ".." in parts or not parts[-1]:
        raise TaskFailed(f"{name!r} is no name of a file in the program's folder")
    return f"{room}/{name}"


def _stored(found: int, given: Given) -> bytes:
    try:
        return text_of(given.data(found))
    except ValueError as error:
        raise TaskFailed(f"object {found} cannot be given to a program: {error}") from error


def _text(found: int, given: Given) -> str:
    try:
        return _stored(found, given).decode()
    except UnicodeDecodeError as error:
        raise TaskFailed(f"object {found} is no text, and cannot be a word of a command: {error}") from error


def _write(path: str, data: bytes) -> None:
    os.makedirs(path.rpartition("/")[0], 0o700, exist_ok=True)
    with _open(path, "wb") as file:
        file.write(data)


def _made(path: str, name: str) -> bytes:
    try:
        # Who opens a pipe waits for its other end, unless told not to.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise TaskFailed(f"the program made {name!r}, and that is no regular file")
            return RAW + file.read()
    except IsADirectoryError as error:
        raise TaskFailed(f"the program made {name!r}, and that is no regular file") from error
    except OSError as error:
        raise TaskFailed(f"the program did not make {name!r}: {error.strerror}") from error


def _tail(path: str) -> str:
    with _open(path) as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _TAIL_BYTES))
        return bytes(file.read()).decode(errors="replace")
