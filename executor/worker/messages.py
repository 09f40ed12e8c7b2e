"""Messages: what who listens is told when one arrives. Drivers deliver, and need not know what it says."""

from .events import CompletedElsewhere, Offered, TaskReady, Wanted
from .instructions import CLIENT, Offer, Publish


def heard(message: Publish | Offer, now_ns: int) -> TaskReady | CompletedElsewhere | Wanted | Offered:
    """The event that a message is to the client, or to the worker that it is for."""
    if isinstance(message, Offer):
        return Offered(now_ns, message.task, message.parent, message.version)
    if message.worker == CLIENT:
        return CompletedElsewhere(now_ns, message.task if message.width is None else message.parent, 0, message.width)
    if message.parent < 0:
        return TaskReady(now_ns, message.task, message.versions)
    if not message.versions:
        return Wanted(now_ns, message.task, message.parent)
    return CompletedElsewhere(now_ns, message.parent, message.versions[0], message.width)
