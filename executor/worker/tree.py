"""A tree of calls: with many calls to make, those that are called first make a share of the others.

A call takes its caller a while, 50 ms from a script in Python (WUKONG's README), so many calls one by one take long.
WUKONG has fan-outs made by a proxy, and roots by parallel invokers (Carver et al., SoCC 2020); here every worker that
is started can help, with no server that somebody has to keep. A share travels in the invocation that hands it over,
so it is delivered again with it; calls are idempotent by name, so it does no harm if they are made twice. Who is called
with a share but was started by somebody else never saw it: the platform says so, and the caller keeps the share.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from .instructions import Invoke


def spread(calls: Sequence[Invoke], helpers: int | None) -> list[Invoke]:
    """So many calls, each with its share of the others; all of them, if there are no more than that.

    Who is called earlier can begin earlier, and gets as many more, so that all get through at about the same time.
    Who gets more than ``helpers`` calls splits them in turn.
    """
    if helpers is None or len(calls) <= helpers:
        return list(calls)
    shares: list[list[Invoke]] = [[] for _ in range(helpers)]
    for call in calls[helpers:]:
        place = min(range(helpers), key=lambda place: (place + len(shares[place]), place))
        shares[place].append(call)
    return [replace(call, also=tuple(share)) for call, share in zip(calls[:helpers], shares, strict=True)]
