"""Seals: what comes from a server is this run's only if it was put there, in this place, under the run's key."""

from collections.abc import Sequence

from .store import Data, Refused

SEAL_BYTES = 32
_KEY_BYTES = range(16, 65)


class Seal:
    """A keyed hash of a run's name, of where something lies, and of its bytes. It goes before them."""

    def __init__(self, key: bytes, name: str) -> None:
        # Only who asks a server needs these: 3 ms of a cold start.
        from hashlib import blake2b
        from hmac import compare_digest

        if len(key) not in _KEY_BYTES:
            raise Refused(f"the run's key has {len(key)} bytes; expected 16 to 64")
        self._begun = blake2b(name.encode() + b"\0", key=key, digest_size=SEAL_BYTES)
        self._is_same = compare_digest

    def close(self, place: str, data: Data) -> Sequence[Data]:
        """What to put at ``place``, in parts."""
        return self._of(place, data), data

    def open(self, place: str, sealed: bytes) -> bytes:
        """What was put at ``place``. Refused: by somebody else."""
        data = memoryview(sealed)[SEAL_BYTES:]
        if not self._is_same(self._of(place, data), sealed[:SEAL_BYTES]):
            raise Refused(f"what the store has for {place} does not bear the run's seal: somebody else put it there")
        return bytes(data)

    def _of(self, place: str, data: Data) -> bytes:
        seal = self._begun.copy()
        seal.update(place.encode() + b"\0")
        seal.update(data)
        return seal.digest()
