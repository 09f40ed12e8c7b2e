"""The post: letters to and from other machines of the run. What is in a letter is `executor.worker.messages`' business.

A letter that cannot be sent is lost, which machines can bear; it is noted.
"""

from collections.abc import Callable
from queue import SimpleQueue
from threading import Event
from time import sleep

from msgspec import DecodeError, msgpack

from executor.store.store import Inbox, Mail, StoreError
from executor.worker.instructions import Offer, Publish
from executor.worker.messages import heard

from .clock import clock_ns
from .driver import Table, Turn
from .failures import in_full
from .pool import Threads
from .records import NO_OPERATION, NOTIFY, Did, Recorder

_PAUSE_S = 0.2


class Post:
    """Sends one machine's letters, in order; and hears those for ``worker``, once it listens. Waits for nobody."""

    def __init__(
        self, tell: Callable[[Turn], None], recorder: Recorder, threads: Threads, mail: Mail, worker: int
    ) -> None:
        self._tell = tell
        self._recorder = recorder
        self._threads = threads
        self._mail = mail
        self._worker = worker
        self._encoder = msgpack.Encoder()
        self._decoder = msgpack.Decoder(Publish | Offer)
        self._inbox: Inbox | None = None
        self._outgoing: SimpleQueue[tuple[int, bytes] | None] = SimpleQueue()
        self._is_sending = self._is_closed = False
        self._sent = Event()

    @property
    def table(self) -> Table:
        """What is carried out here."""
        return {Publish: self._publish, Offer: self._publish}

    def listen(self) -> None:
        """Hear letters from now on; again is fine. StoreError."""
        if self._inbox is None:
            inbox = self._inbox = self._mail.listen(self._worker)
            self._threads.do(lambda: self._hear(inbox))

    def try_to_listen(self) -> None:
        """Hear letters from now on, if the store lets it; else they are lost, for who has to hear them will ask."""
        begin_ns = clock_ns()
        try:
            self.listen()
        except StoreError as error:
            self._fails(begin_ns, error)

    def close(self, within_s: float) -> None:
        """Hear no more, and have what was to be sent sent, if that takes no longer."""
        self._is_closed = True
        if self._inbox:
            self._inbox.close()
        if self._is_sending:
            self._outgoing.put(None)
            self._sent.wait(within_s)

    # sending ----------------------------------------------------------------------------------------------

    def _publish(self, message: Publish | Offer) -> None:
        self._outgoing.put((message.worker, self._encoder.encode(message)))
        if not self._is_sending:
            self._is_sending = True
            self._threads.do(self._send_all)

    def _send_all(self) -> None:
        while (letter := self._outgoing.get()) is not None:
            begin_ns = clock_ns()
            try:
                self._mail.send(*letter)
            except Exception as error:  # the letter is lost, and those after it need not be
                self._fails(begin_ns, error)
        self._sent.set()

    # hearing ----------------------------------------------------------------------------------------------

    def _hear(self, inbox: Inbox) -> None:
        while not self._is_closed:
            begin_ns = clock_ns()
            try:
                letter = inbox.receive()
                if letter is None:
                    return
                self._tell(_news(self._decoder.decode(letter)))
            except (DecodeError, UnicodeDecodeError) as error:
                self._fails(begin_ns, error)
            except Exception as error:  # what came meanwhile is lost, and what comes need not be
                self._fails(begin_ns, error)
                inbox = self._listen_again(inbox)

    def _listen_again(self, inbox: Inbox) -> Inbox:
        sleep(_PAUSE_S)
        try:
            again = self._mail.listen(self._worker)
        except StoreError:
            return inbox  # which will say no at once
        inbox.close()
        self._inbox = again
        if self._is_closed:
            again.close()
        return again

    def _fails(self, begin_ns: int, error: Exception) -> None:
        note = str(error) if isinstance(error, StoreError) else in_full(error)
        self._tell(lambda now_ns: self._recorder.did(Did(NO_OPERATION, NOTIFY, begin_ns, now_ns, note=note)))


def _news(message: Publish | Offer) -> Turn:
    return lambda now_ns: heard(message, now_ns)
