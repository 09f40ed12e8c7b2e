"""Memory: the objects that an invocation holds, as they are stored; and those that come chunk by chunk."""

from threading import Condition

from executor.store.store import Data


class Reading:
    """An object on its way in chunks, for runs that begin before it is here. One thread adds, any may wait."""

    def __init__(self, chunks: int) -> None:
        self.chunks = chunks
        self._come = 0
        self._is_over = False
        self.data: Data | None = None
        """The object, once it is here."""
        self._news = Condition()

    def came(self) -> None:
        """One more chunk has come."""
        with self._news:
            self._come += 1
            self._news.notify_all()

    def end(self, data: Data | None) -> None:
        """All are here, or (None) they will not come."""
        with self._news:
            self._is_over, self.data = True, data
            self._news.notify_all()

    def wait_for(self, chunk: int, within_s: float) -> bool:
        """Wait for one of the chunks (from 1), for so long; whether it came, or it is known that it will not.

        The last one comes when the fetch ends, and is told to the machine.
        """
        with self._news:
            return self._news.wait_for(lambda: self._is_over or self._has(chunk), within_s)

    def _has(self, chunk: int) -> bool:
        return chunk < self.chunks and self._come >= chunk


class Memory:
    """All objects that one machine holds. For the driver's thread; data that others were given they keep."""

    def __init__(self) -> None:
        self._held: dict[int, Data] = {}
        self.coming: dict[int, Reading] = {}
        """Objects that are fetched in chunks, by number."""

    def enter(self, found: int, data: Data) -> None:
        """An object is here."""
        self._held[found] = data

    def held(self, found: int) -> Data:
        """An object that is here. KeyError: it is not, and the machine was wrong to ask."""
        return self._held[found]

    def drop(self, found: int) -> None:
        """Let go of an object."""
        self._held.pop(found, None)

    def reads(self, found: int) -> Reading | None:
        """The chunks of an object that is still coming; None if it is here. KeyError: it is neither."""
        reading = self.coming.get(found)
        if reading is None:
            self.held(found)
        return reading
