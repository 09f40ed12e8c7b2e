"""Carries out the fenced blocks of a Markdown file, top to bottom, in one folder and one Python namespace.

`python` blocks run. Of `console` and `bash` blocks, the lines that begin with `$ faascast` run (a line that
ends in a backslash goes on) and must exit 0. `toml` and `json` blocks must parse. Comments before a block ask for
more: `<!-- exit: 2 -->`, another exit code; `<!-- exact -->`, the output below each command to the letter;
`<!-- file: name -->`, that the block is written to a file.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

FENCE = re.compile(r"^(?P<indent> *)(?P<fence>`{3,}|~{3,})\s*(?P<language>[\w-]*)[^`\n]*$")
MARKER = re.compile(r"^\s*<!--\s*(?:exit:\s*(?P<code>\d+)|(?P<exact>exact)|file:\s*(?P<file>[\w.-]+))\s*-->\s*$")
COMMAND = "$ faascast"


@dataclass(frozen=True)
class Block:
    """One fenced block: language, text, the line it begins on and what the comments before it ask for."""

    language: str
    text: str
    line: int
    exit_code: int = 0
    exact: bool = False
    file: str = ""


@dataclass(frozen=True)
class Command:
    """One command of a console block and the output shown below it."""

    line: str
    shown: str


class SnippetError(AssertionError):
    """A block that does not do what the document says."""


def blocks(text: str) -> Iterator[Block]:
    """The fenced blocks of a Markdown text, without their indentation."""
    lines = enumerate(text.splitlines(), 1)
    asked: dict[str, str] = {}
    for number, line in lines:
        if marker := MARKER.match(line):
            asked |= {name: value for name, value in marker.groupdict().items() if value}
        elif opening := FENCE.match(line):
            body = []
            for _, inner in lines:
                if inner.strip() == opening["fence"]:
                    break
                body.append(inner.removeprefix(opening["indent"]))
            else:
                raise SnippetError(f"line {number}: the block does not end")
            yield Block(
                opening["language"],
                "\n".join(body),
                number,
                int(asked.get("code", 0)),
                "exact" in asked,
                asked.get("file", ""),
            )
            asked = {}
        elif line.strip():
            asked = {}


def commands(text: str) -> Iterator[Command]:
    """The `$ faascast ...` lines of a console block, each with the lines up to the next `$`."""
    joined = re.sub(r"\\\n\s*(?:> )?", "", text)
    for part in re.split(r"^(?=\$ )", joined, flags=re.MULTILINE):
        if part.startswith(COMMAND):
            line, _, shown = part.partition("\n")
            yield Command(line.removeprefix("$ "), shown.strip())


@dataclass
class Reader:
    """Someone who follows a document: a folder to work in and the names defined so far."""

    name: str
    folder: Path
    names: dict[str, object] = field(default_factory=lambda: {"__name__": "__main__"})

    def follow(self, text: str) -> int:
        """Carry out all blocks; how many there was something to do about."""
        return sum(self.carry_out(block) for block in blocks(text))

    def carry_out(self, block: Block) -> bool:
        """Carry out one block; False if it is only to be read."""
        where = f"{self.name}:{block.line}"
        if block.file:
            (self.folder / block.file).write_text(block.text + "\n", "utf-8")
        match block.language:
            case "python":
                # Empty lines above, so that a traceback names the line of the document.
                exec(compile("\n" * block.line + block.text, where, "exec", dont_inherit=True), self.names)
            case "console" | "bash":
                for command in commands(block.text):
                    self.run(command, block, where)
            case "toml":
                tomllib.loads(block.text)
            case "json":
                json.loads(block.text)
            case _:
                return bool(block.file)
        return True

    def run(self, command: Command, block: Block, where: str) -> None:
        """Run one command line in a shell; fail unless exit code and, if asked, output are as said."""
        done = subprocess.run(
            ["/bin/sh", "-c", command.line],
            cwd=self.folder,
            env=os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != block.exit_code:
            report = f"{where}: `{command.line}` exits {done.returncode}, not {block.exit_code}"
            raise SnippetError(f"{report}\n{done.stdout}{done.stderr}")
        if block.exact and (printed := (done.stdout + done.stderr).strip()) != command.shown:
            raise SnippetError(f"{where}: `{command.line}` prints\n{printed}\nnot\n{command.shown}")
