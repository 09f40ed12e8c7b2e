"""Parts: what every driver is made of, be it a worker's or the client's. Requests, letters and calls."""

from typing import NamedTuple

from executor.store.store import Mail
from executor.worker.view import marker_of

from .calls import Calls, Platform
from .driver import Driver
from .pool import Threads
from .post import Post
from .records import Recorder
from .requests import Ledger, Requests


class World(NamedTuple):
    """What a machine has to do with outside itself. ``carriers`` are threads for all that has to be waited for."""

    ledger: Ledger
    mail: Mail
    platform: Platform
    carriers: Threads


def connect(driver: Driver, recorder: Recorder, world: World, worker: int, epoch: int) -> tuple[Calls, Post]:
    """Let a driver carry out requests, letters, calls, prewarms and timers.

    Answers of the platform go to the calls, as turns; the post hears letters once it was told to listen, or at the
    first subscription, and is to be closed.
    """
    calls = Calls(recorder, world.platform)
    post = Post(driver.tell, recorder, world.carriers, world.mail, worker)
    requests = Requests(driver.tell, recorder, world.carriers, world.ledger, marker_of(worker, epoch), post.listen)
    driver.carry_out |= {**calls.table, **post.table, **requests.table}
    return calls, post
