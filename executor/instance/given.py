"""What a run of a task is given: its inputs, the means to stop it, and where chunks of what it makes go."""

from collections.abc import Callable, Collection
from typing import Any

from executor.store.store import Data

from .brake import Brake
from .failures import TaskFailed
from .memory import Reading
from .values import decode

_LOOK_S = 0.05


class Given:
    """One run's. For its thread, but for the brake.

    ``data`` are the inputs that are here, ``coming`` those of which chunks still come; ``streamed`` are the outputs of
    which pieces can be handed on while it runs, with ``made``, each with the number of its chunks.
    """

    def __init__(
        self,
        data: dict[int, Data],
        coming: dict[int, Reading],
        outputs: Collection[int],
        streamed: dict[int, int],
        made: Callable[[int, Data], None],
    ) -> None:
        self.brake = Brake()
        self.outputs = outputs
        self.streamed = streamed
        self.made = made
        self._data = data
        self._coming = coming
        self._values: dict[int, Any] = {}
        self.arguments: Callable[[], str] = str
        """What it was called with, in short, for who reports its failure."""
        self.width: int | None = None
        """Of a map node's splitter: how many items its list has, once that is known."""
        self.cpu_ns: int | None = None
        """What it used of the CPU outside its thread, once that is known."""

    @property
    def chunks(self) -> int:
        """In how many shares its work is done, so that chunks come and go between them."""
        return max((1, *self.streamed.values(), *(reading.chunks for reading in self._coming.values())))

    def wait_for_share(self, share: int, shares: int) -> None:
        """Wait for the chunks that so many of its shares need. TaskFailed: they will not come. Stopped."""
        for found, reading in self._coming.items():
            chunk = -(-share * reading.chunks // shares)
            while not reading.wait_for(chunk, _LOOK_S):
                self.brake.check()
            if share == shares:
                self._data[found] = _whole(reading)

    def has(self, found: int) -> bool:
        """Whether there is such an input in this run: what void lanes would have made there is not."""
        return found in self._data or found in self._coming

    def data(self, found: int) -> Data:
        """An input as it is stored; waits for it. TaskFailed: it will not come. Stopped."""
        if found not in self._data:
            self.wait_for_share(1, 1)
        try:
            return self._data[found]
        except KeyError:
            raise TaskFailed(f"object {found} is none of its inputs") from None

    def value(self, found: int) -> Any:
        """An input's value, the same object each time."""
        if found not in self._values:
            self._values[found] = decode(self.data(found))
        return self._values[found]


def _whole(reading: Reading) -> Data:
    if reading.data is None:
        raise TaskFailed("what it read ahead did not come")
    return reading.data
