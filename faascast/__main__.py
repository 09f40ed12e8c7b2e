"""The program `faascast`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command that the arguments name."""
    try:
        # Here, for it takes a tenth of a second, in which an interrupt is to be answered in words as well.
        from faascast.cli.app import app
        from faascast.cli.terminal import make_streams_safe
    except KeyboardInterrupt:
        print("faascast: interrupted; nothing was begun", file=sys.stderr)
        sys.exit(130)
    make_streams_safe()
    app(prog_name="faascast")


if __name__ == "__main__":
    main()
