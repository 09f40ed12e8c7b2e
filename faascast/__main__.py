"""The program `faascast`."""

from __future__ import annotations

from faascast.cli.app import app


def main() -> None:
    """Run the command that the arguments name."""
    app(prog_name="faascast")


if __name__ == "__main__":
    main()
