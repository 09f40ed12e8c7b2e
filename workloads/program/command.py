"""Programs as tasks: arguments, standard input and files in; standard output or files out."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from workloads.errors import Fault, InvalidInput, refuse_if
from workloads.program.node import STDOUT, Call, Node, ProgramCall, Wishes

_SHELLS = frozenset("();<>|&")
"""Characters that mean something to a shell, where they stand unquoted."""


def command(
    argv: str | Sequence[object],
    *,
    stdin: Node | bytes | str | Path | None = None,
    files: Mapping[str, Node | bytes | str | Path] | None = None,
    outputs: Iterable[str] = (STDOUT,),
    environment: Mapping[str, str] | None = None,
    name: str | None = None,
    memory_mb: float = 0.0,
    timeout_s: float | None = None,
    expected_s: float | None = None,
    output_bytes: int | None = None,
) -> Node | dict[str, Node]:
    """Make a task of a program: ``command("sort -n", stdin=numbers)``.

    It runs in an empty folder of its own, never through a shell: ``argv`` are its words, or a text that is split into
    words as a shell would; name a shell, ``["sh", "-c", "sort | uniq"]``, if you want one. A node among the words
    stands for its value as text. ``stdin`` and ``files`` (by the names it finds them under) are nodes whose values are
    bytes, text or numbers, or bytes, or text; or a :class:`~pathlib.Path`, whose content is read now. ``outputs`` are
    "stdout" and names of files that it writes; their values are bytes.

    The task has failed unless the program ends with exit code 0 and wrote all its files; the rest is as for
    :func:`task`. Returns a node, or with several outputs a dict of them by name. Raises InvalidInput for a program
    that is not there, or names that are none.
    """
    words = _words(argv)
    label = Path(str(words[0])).name if name is None else name
    where = f"command {label!r}"
    made, found = tuple([outputs] if isinstance(outputs, str) else outputs), dict(files or {})
    refuse_if((*_name_faults(where, made, found), *_program_faults(where, words[0])))
    wishes = Wishes(memory_mb, timeout_s, expected_s, output_bytes)
    wishes.refuse_faults(where)
    does = ProgramCall(
        (_absolute(words[0]), *words[1:]),
        None if stdin is None else _content(stdin, where, "stdin"),
        {each: _content(content, where, f"files[{each!r}]") for each, content in found.items()},
        dict(environment or {}),
    )
    call = Call(label, does, made, wishes)
    nodes = {each: Node(call, each) for each in made}
    return nodes if len(nodes) > 1 else nodes[made[0]]


def _words(argv: str | Sequence[object]) -> list[object]:
    """The words, each a text or a node."""
    words = _split(argv) if isinstance(argv, str) else [_word(each, k) for k, each in enumerate(argv)]
    if not words or not isinstance(words[0], str) or not words[0]:
        raise InvalidInput([Fault("command", "argv", argv, "a program and its arguments")])
    return words


def _split(text: str) -> list[object]:
    try:
        lexer = shlex.shlex(text, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        lexer.commenters = ""
        words = list(lexer)
    except ValueError as error:
        raise InvalidInput([Fault("command", "argv", text, f"words as a shell reads them ({error})")]) from None
    # A quoted "|" comes out of the lexer like a bare one: such a word has to be given in a list.
    if any(word and _SHELLS.issuperset(word) for word in words):
        expected = f"no shell's signs, for none is used; name one: ['sh', '-c', {text!r}], or give a list of words"
        raise InvalidInput([Fault("command", "argv", text, expected)])
    return list(words)


def _word(word: object, k: int) -> object:
    if isinstance(word, Path):
        return str(word.absolute())
    if isinstance(word, int | float):
        return str(word)
    if isinstance(word, Node) or (isinstance(word, str) and "\0" not in word):
        return word
    raise InvalidInput([Fault("command", f"argv[{k}]", word, "a text, a number, a path or a node")])


def _name_faults(where: str, outputs: Sequence[object], files: Mapping[str, object]) -> Iterator[Fault]:
    if not outputs:
        yield Fault(where, "outputs", outputs, f"at least one: {STDOUT!r}, or the name of a file that it writes")
    for name in outputs:
        if not _is_file_name(name) or outputs.count(name) > 1:
            yield Fault(where, "outputs", name, f"{STDOUT!r}, or names of files without folders, each once")
    for name in files:
        if not _is_file_name(name) or name == STDOUT:
            yield Fault(where, "files", name, "names of files without folders")


def _is_file_name(name: object) -> bool:
    return isinstance(name, str) and name not in ("", ".", "..") and not {"/", "\0"} & {*name}


def _program_faults(where: str, program: object) -> Iterator[Fault]:
    if shutil.which(_absolute(program)) is None:
        yield Fault(where, "argv[0]", program, "a program that is there and may be run")


def _absolute(program: object) -> str:
    """A program that is named by its path is found from the task's own folder, too."""
    return str(Path(str(program)).absolute()) if "/" in str(program) else str(program)


def _content(given: object, where: str, field: str) -> object:
    if isinstance(given, Node | bytes):
        return given
    if isinstance(given, str):
        return given.encode()
    if isinstance(given, Path):
        try:
            return given.read_bytes()
        except OSError as error:
            raise InvalidInput(
                [Fault(where, field, str(given), f"a file that can be read ({error.strerror})")]
            ) from None
    raise InvalidInput([Fault(where, field, given, "a node, bytes, a text or a path")])
