"""The program `faascast`."""

from __future__ import annotations

from faascast.cli.app import app
from faascast.cli.terminal import make_streams_safe


def main() -> None:
    """Run the command that the arguments name."""
    make_streams_safe()
    app(prog_name="faascast")


if __name__ == "__main__":
    main()
