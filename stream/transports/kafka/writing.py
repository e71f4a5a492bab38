"""The transactions of one member of a group."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from stream.errors import FencedError, TransportError
from stream.records import Committed, Outgoing, TopicPartition
from stream.transports.kafka.client import Client, Consumer, Producer, Unavailable
from stream.transports.kafka.cluster import Cluster
from stream.transports.kafka.outbox import Outbox
from stream.transports.kafka.retrying import PATIENCE, Retries

FLUSH = 1000
"""Records that wait before they are handed to the client library."""


class Writer:
    """Begins, fills and ends transactions under one transactional id.

    The id is the member's own and survives a restart, so the next process of that name settles, by
    its `start`, what this one left open. When a transaction has ended badly, the producer is
    replaced before the next one begins.
    """

    def __init__(
        self,
        client: Client,
        cluster: Cluster,
        retries: Retries,
        transactional_id: str,
        check_current: Callable[[], None],
    ) -> None:
        """check_current: raises FencedError where another member has taken this one's name; a new
        producer would fence that one's."""
        self._client = client
        self._retries = retries
        self._transactional_id = transactional_id
        self._check_current = check_current
        self._outbox = Outbox(cluster)
        self._producer: Producer | None = None
        self._open = False
        self._unknown = False

    def start(self) -> None:
        """Fence older processes of this name, and settle their transaction."""
        if self._producer is None:
            self._producer = self._retries.run(self._initialised, "accept a producer")
            self._unknown = False

    def settle(self) -> None:
        """See to it that the outcome of every earlier commit is decided."""
        if self._unknown:
            self._renew()

    def begin(self) -> None:
        """Start a transaction."""
        if self._open:
            raise TransportError("A transaction must be committed or aborted before the next one.")
        if self._producer is None:
            self._renew()
        try:
            self._translated(self._running().begin, "begin a transaction")
        except TransportError:
            self._discard()  # it would refuse for ever
            raise
        self._open = True

    def send(self, record: Outgoing) -> None:
        """Add a record. Raises UnknownTopic, InvalidParameter, and then does not take it."""
        if not self._open:
            raise _not_begun("send")
        if self._outbox.add(record) >= FLUSH:
            self._translated(lambda: self._outbox.flush(self._running()), "take records")

    def check_begun(self) -> None:
        """Raise TransportError unless there is a transaction to be committed."""
        if not self._open:
            raise _not_begun("commit")

    def commit(self, offsets: Mapping[TopicPartition, Committed], consumer: Consumer) -> None:
        """Commit what was sent, with the group's positions."""
        producer, patience = self._running(), self._retries.patience

        def write() -> None:
            self._outbox.flush(producer)
            if offsets:
                producer.send_offsets(offsets, consumer, patience)

        self._translated(write, "take records and offsets")
        # From here on, silence leaves the outcome open.
        self._unknown = True
        self._translated(lambda: producer.commit(patience), "commit a transaction")
        self._unknown = False
        self._open = False

    def abort(self) -> None:
        """Drop the transaction (harmless without one). Never raises."""
        self._outbox.clear()
        if not self._open:
            return
        self._open = False
        try:
            self._running().abort(PATIENCE)
            self._unknown = False
        except (TransportError, Unavailable):
            self._discard()

    def close(self) -> None:
        """Drop the transaction, and disconnect."""
        self.abort()
        self._discard()

    def _renew(self) -> None:
        self._check_current()
        self.start()

    def _initialised(self) -> Producer:
        producer = self._client.producer(self._transactional_id)
        try:
            producer.init(PATIENCE)
        except BaseException:
            producer.close()
            raise
        return producer

    def _running(self) -> Producer:
        if self._producer is None:
            raise FencedError("The producer must be running, got one that was closed.")
        return self._producer

    def _translated(self, action: Callable[[], None], what: str) -> None:
        try:
            action()
        except Unavailable as error:
            raise self._retries.unavailable(what, error) from error

    def _discard(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            producer.close()


def _not_begun(verb: str) -> TransportError:
    return TransportError(f"A transaction must be begun before {verb!r}, got none.")
