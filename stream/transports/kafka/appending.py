"""Writing outside of groups."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import suppress
from uuid import uuid4

from stream.errors import FencedError, TransportError, TransportUnavailable
from stream.records import Appended, Outgoing
from stream.transports.kafka.client import Client, Producer, Unavailable
from stream.transports.kafka.cluster import Cluster
from stream.transports.kafka.outbox import Outbox
from stream.transports.kafka.retrying import PATIENCE, Retries


class Appender:
    """Appends records as one transaction; safe to share between threads."""

    def __init__(self, client: Client, cluster: Cluster, retries: Retries) -> None:
        self._client = client
        self._cluster = cluster
        self._retries = retries
        self._lock = threading.Lock()
        # Nobody else writes under this name, so nobody fences it.
        self._transactional_id = f"cutstream.append.{uuid4().hex}"
        self._producer: Producer | None = None

    def append(self, records: Sequence[Outgoing]) -> list[Appended]:
        """Write the records, all or nothing; return where they are.

        Raises UnknownTopic and InvalidParameter, with nothing written, and TransportUnavailable,
        after which all or nothing of it may be there.
        """
        if not records:
            return []
        outbox = Outbox(self._cluster)
        for record in records:
            outbox.add(record)
        places: dict[int, Appended] = {}

        def note(index: int, partition: int, offset: int) -> None:
            places[index] = Appended(records[index].topic, partition, offset)

        with self._lock:
            producer = self._retries.run(self._initialised, "accept a producer")
            try:
                producer.begin()
                outbox.flush(producer, note)
                producer.commit(self._retries.patience)
            except Unavailable as error:
                self._discard()
                raise self._retries.unavailable("commit appended records", error) from error
            except FencedError as error:
                self._give_up(producer)
                raise TransportUnavailable(
                    f"The brokers must keep the transaction of an append open, got: {error}"
                ) from error
            except TransportError:
                self._give_up(producer)
                raise
        return [places[index] for index in range(len(records))]

    def close(self) -> None:
        """Disconnect."""
        with self._lock:
            self._discard()

    def _initialised(self) -> Producer:
        if self._producer is None:
            producer = self._client.producer(self._transactional_id)
            try:
                producer.init(PATIENCE)
            except BaseException:
                producer.close()
                raise
            self._producer = producer
        return self._producer

    def _give_up(self, producer: Producer) -> None:
        # Without this, readers would have to wait for the brokers to time the transaction out.
        with suppress(TransportError, Unavailable):
            producer.abort(PATIENCE)
        self._discard()

    def _discard(self) -> None:
        producer, self._producer = self._producer, None
        if producer is not None:
            producer.close()
