"""The SQLite log behind the transport protocol."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from models.errors import InvalidParameter
from stream.errors import TransportError
from stream.records import Appended, Committed, Outgoing, Record, TopicPartition
from stream.transports.protocol import TopicInfo, TopicSpec
from stream.transports.sqlite import log
from stream.transports.sqlite.address import parse
from stream.transports.sqlite.arrivals import Arrivals
from stream.transports.sqlite.catalogue import Catalogue
from stream.transports.sqlite.connection import Connection
from stream.transports.sqlite.membership import Clock, Membership
from stream.transports.sqlite.positions import read_positions
from stream.transports.sqlite.retention import apply_retention
from stream.transports.sqlite.session import SqliteSession
from stream.transports.sqlite.transaction import Buffer


class SqliteTransport:
    """Implements stream.transports.protocol.Transport; safe to share between threads.

    url: `sqlite:///path?synchronous=normal|full&timeout=seconds`. clock: seconds since the epoch,
    shared by all members of a group. Raises InvalidParameter for a bad URL, TransportError for a
    file that cannot be a log.
    """

    def __init__(self, url: str, *, clock: Clock = time.time) -> None:
        self.url = url
        self.max_record_bytes: int | None = None
        self._address = parse(url)
        self._clock = clock
        self._arrivals = Arrivals()
        self._writer = Connection(self._address)
        # Readers never wait for writers in WAL mode; on a connection of their own they don't here
        # either.
        self._reader = Connection(self._address)
        self._catalogue = Catalogue(self._writer)

    def ensure_topic(self, spec: TopicSpec) -> None:
        """See Transport.ensure_topic."""
        self._catalogue.ensure(spec)

    def topics(self) -> dict[str, TopicInfo]:
        """See Transport.topics."""
        return self._catalogue.infos()

    def append(self, records: Sequence[Outgoing]) -> list[Appended]:
        """See Transport.append. Raises InvalidParameter for a record that its topic cannot hold."""
        buffer = Buffer(self._catalogue)
        for record in records:
            buffer.add(record)
        batches = buffer.batches()
        if not batches:
            return []
        now_ms = int(self._clock() * 1000)
        written = self._writer.transact(lambda db: log.append(db, batches, now_ms))
        self._arrivals.announce()
        places = {topic.name: log.places(topic, ids) for topic, ids in written}
        return [next(places[record.topic]) for record in records]

    def read(
        self,
        tp: TopicPartition,
        start: int,
        stop: int | None = None,
        *,
        newest: bool = False,
    ) -> Iterator[Record]:
        """See Transport.read. Raises UnknownTopic, InvalidParameter."""
        uid = self._catalogue.uid(tp)
        first, end = self._bounds(uid)
        until = end if stop is None else min(stop, end)
        scan = log.scan_newest if newest else log.scan
        return scan(self._reader, tp, uid, max(start, first), until)

    def readable(self, tp: TopicPartition) -> int:
        """See Transport.readable: the end, since nobody sees a transaction before it is committed."""
        return self._bounds(self._catalogue.uid(tp))[1]

    def committed(self, group: str) -> dict[TopicPartition, Committed]:
        """See Transport.committed."""
        return read_positions(self._reader, group)

    def session(
        self, group: str, topics: Sequence[str], *, member: str, session_timeout: float = 10.0
    ) -> SqliteSession:
        """See Transport.session."""
        if not topics:
            raise InvalidParameter("topics", "a session", "at least one topic", topics)
        if session_timeout <= 0.0:
            raise InvalidParameter("session_timeout", "a session", "above 0", session_timeout)
        for topic in topics:
            self._catalogue.topic(topic)
        connection = Connection(self._address)
        try:
            membership = Membership(connection, self._clock, group, member, topics, session_timeout)
        except TransportError:
            connection.close()
            raise
        return SqliteSession(connection, membership, self._catalogue, self._arrivals, self._clock)

    def apply_retention(self, now_ms: int) -> int:
        """See Transport.apply_retention."""
        return apply_retention(self._writer, now_ms)

    def close(self) -> None:
        """See Transport.close."""
        self._reader.close()
        self._writer.close()

    def _bounds(self, uid: int) -> tuple[int, int]:
        """The first kept offset of a partition, and its end."""
        sql = "SELECT start, stop FROM partitions WHERE uid = ?"
        first, end = self._reader.query(sql, (uid,))[0]
        return first, end
