"""Flows: what a worker reads ahead, and the tasks that it runs on that (`streams`)."""


class Flow:
    """What one parent makes, as it comes: fetches under way (operation → object), and what has come."""

    __slots__ = ("here", "is_committed", "is_void", "objects", "ops", "version")

    def __init__(self, version: int, objects: tuple[int, ...]) -> None:
        self.version = version
        self.objects = objects
        self.ops: dict[int, int] = {}
        self.here: set[int] = set()
        self.is_committed = False
        self.is_void = False
        """The stream broke, or another version was committed: nothing may begin on it."""


class Ahead:
    """A run that reads ahead. ``is_heard``: its versions are committed. ``has_run``: it waits to hear that."""

    __slots__ = ("has_run", "is_heard", "is_void")

    def __init__(self, *, is_heard: bool) -> None:
        self.is_heard = is_heard
        self.has_run = False
        self.is_void = False
        """Its end is awaited, for it cannot be stopped; it comes to nothing."""
