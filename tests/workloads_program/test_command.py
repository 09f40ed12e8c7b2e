"""Programs as tasks."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from workloads import InvalidInput
from workloads.program import CommandBody, Node, Reference, command, program_of, task


@task
def numbers(n: int) -> bytes:
    return "".join(f"{k}\n" for k in reversed(range(n))).encode()


def one(node: object) -> Node:
    assert isinstance(node, Node)
    return node


def test_standard_input_and_output() -> None:
    program = program_of(command("sort -n", stdin=numbers(12)))
    assert program.straight() == "".join(f"{k}\n" for k in range(12)).encode()
    assert [each.name for each in program.workflow.tasks()] == ["numbers-0", "sort-0"]
    assert program.workflow.task("sort-0").parents == ("numbers-0",)
    assert program.bodies[1] == program.bodies[1]


def test_files_in_and_out() -> None:
    script = "import sys; open(sys.argv[2], 'wb').write(open(sys.argv[1], 'rb').read()[::-1]); print('done')"
    made = command(
        [sys.executable, "-c", script, "in.txt", "out.txt"],
        files={"in.txt": "abc"},
        outputs=["out.txt", "stdout"],
        name="reverse",
    )
    assert isinstance(made, dict)
    program = program_of(made)
    assert program.straight() == {"out.txt": b"cba", "stdout": b"done\n"}
    [body] = program.bodies
    assert isinstance(body, CommandBody)
    names = program.workflow.object_names
    assert [(names[number], name) for number, name in body.files_in] == [("given-0", "in.txt")]
    assert [(name, names[number]) for name, number in body.files_out] == [("out.txt", "reverse-0/out.txt")]
    assert body.stdout is not None
    assert names[body.stdout] == "reverse-0.out"


def test_a_node_among_the_words_stands_for_its_text() -> None:
    add = task(lambda a, b: a + b, name="add")
    program = program_of(command(["printf", "%s+%s", add(1, 2), add(b"x", b"y")]))
    body = program.bodies[-1]
    assert isinstance(body, CommandBody)
    assert body.argv == ("printf", "%s+%s", Reference(0), Reference(1))
    assert program.straight() == b"3+xy"


def test_commands_follow_one_another() -> None:
    first = command(["printf", "b\\na\\nb\\n"])
    program = program_of(command("uniq -c", stdin=one(command("sort", stdin=one(first)))))
    assert [line.split() for line in program.straight().splitlines()] == [[b"1", b"a"], [b"2", b"b"]]  # type: ignore[attr-defined]


def test_a_path_is_read_now_and_a_program_by_its_path_is_found_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("say").write_text('#!/bin/sh\necho "$GREETING $(cat)"\n')
    Path("say").chmod(0o755)
    Path("who").write_text("world")
    node = command("./say", stdin=Path("who"), environment={"GREETING": "hello"})
    Path("who").unlink()
    assert program_of(node).straight() == b"hello world\n"


def test_no_shell_unless_it_is_named() -> None:
    for words in (["echo", "$HOME;", "`id`", "*", "|", "x"], "echo '$HOME;' '`id`' '*' x"):
        assert program_of(command(words)).straight() == b"$HOME; `id` * " + (b"| x\n" if words[4] == "|" else b"x\n")
    assert program_of(command(["sh", "-c", "echo a | tr a b"])).straight() == b"b\n"


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (
            lambda: command("sort | uniq"),
            r"no shell's signs, for none is used; name one: \['sh', '-c', 'sort | uniq'\]",
        ),
        (lambda: command("cat > x"), "no shell's signs"),
        (lambda: command("echo 'a"), "expected words as a shell reads them"),
        (lambda: command(""), "command: argv is ''; expected a program and its arguments"),
        (lambda: command([]), "expected a program and its arguments"),
        (lambda: command(["sort", object()]), r"argv\[1\] is <object .*; expected a text, a number, a path or a node"),
        (lambda: command("no-such-program -x"), r"argv\[0\] is 'no-such-program'; expected a program that is there"),
        (lambda: command("./sort"), "expected a program that is there and may be run"),
        (lambda: command("sort", outputs=[]), "expected at least one"),
        (lambda: command("sort", outputs=["a", "a"]), "outputs is 'a'; expected 'stdout', or names of files without"),
        (lambda: command("sort", outputs=["../a"]), "outputs is '../a'; expected"),
        (
            lambda: command("sort", files={"/etc/passwd": b""}),
            "files is '/etc/passwd'; expected names of files without",
        ),
        (lambda: command("sort", files={"a": 3}), r"files\['a'\] is 3; expected a node, bytes, a text or a path"),  # type: ignore[dict-item]
        (lambda: command("sort", stdin=Path("/no/where")), "stdin is '/no/where'; expected a file that can be read"),
        (lambda: command("sort", timeout_s=-1), "command 'sort': timeout_s is -1; expected seconds above 0"),
    ],
)
def test_what_cannot_be_run_is_refused_when_it_is_said(make: Callable[[], Any], told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        make()


def test_values_that_no_program_reads_are_refused() -> None:
    with pytest.raises(TypeError, match="a program reads bytes, text or a number, and this is a dict"):
        program_of(command("sort", stdin=task(dict, name="made")())).straight()


def test_another_exit_code_is_a_failure() -> None:
    with pytest.raises(subprocess.CalledProcessError, match="exit status 3"):
        program_of(command(["sh", "-c", "exit 3"])).straight()
