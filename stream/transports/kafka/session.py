"""One member of a consumer group: poll, transaction, positions."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from time import monotonic

from models.errors import InvalidParameter
from stream.errors import FencedError, TransportError
from stream.records import Committed, Polled, Record, TopicPartition
from stream.transports.checks import check_committed
from stream.transports.kafka.client import NO_CHANGES, Changes, Client, Consumer
from stream.transports.kafka.cluster import Cluster
from stream.transports.kafka.retrying import PATIENCE, Retries
from stream.transports.kafka.writing import Writer

TURN = 0.1
"""Seconds after which a waiting poll looks for changes of the assignment."""


class KafkaSession:
    """Implements stream.transports.protocol.Session."""

    def __init__(
        self,
        client: Client,
        cluster: Cluster,
        retries: Retries,
        consumer: Consumer,
        group: str,
        member: str,
    ) -> None:
        """Fences older members of this name, but joins with the first poll."""
        self._cluster = cluster
        self._retries = retries
        self._consumer = consumer
        self._group = group
        self._member = member
        self._owned: frozenset[TopicPartition] = frozenset()
        self._news = NO_CHANGES
        """Changes that no poll has told yet."""
        self._closed = False
        transactional_id = f"{group}.{member}"
        self._writer = Writer(client, cluster, retries, transactional_id, self._check_current)
        # The way of a single record is kept short.
        self.send = self._writer.send
        """See Session.send. Raises UnknownTopic, InvalidParameter."""
        self._writer.start()

    def poll(self, max_records: int, timeout: float) -> Polled:
        """See Session.poll. Raises FencedError when a newer member took this one's name."""
        if max_records < 1:
            raise InvalidParameter("max_records", "a poll", "at least 1", max_records)
        self._check_open()
        consumer, deadline = self._consumer, monotonic() + timeout
        while True:
            turn = max(0.0, min(deadline - monotonic(), TURN))
            records = self._retries.run(partial(consumer.poll, max_records, turn), "answer")
            self._take_note()
            if self._news.lost or self._news.gained:
                lost, gained = self._news
                owned = (self._owned - lost) | gained
                self._rewind(records, owned)
                self._owned, self._news = owned, NO_CHANGES
                return Polled([], lost, gained)
            if records or monotonic() >= deadline:
                return Polled(records)

    def assignment(self) -> frozenset[TopicPartition]:
        """See Session.assignment."""
        return self._owned

    def committed(self, tp: TopicPartition) -> Committed | None:
        """See Session.committed. Raises UnknownTopic, InvalidParameter."""
        self._cluster.check(tp)
        self._writer.settle()
        return self._retries.run(
            lambda: self._consumer.committed(tp, PATIENCE),
            f"tell the committed offset of {tp.topic}-{tp.partition}",
        )

    def seek(self, tp: TopicPartition, offset: int) -> None:
        """See Session.seek. Raises InvalidParameter for a partition that is not assigned."""
        if tp not in self._owned:
            raise InvalidParameter("tp", "a seek", "one of the assigned partitions", tp)
        if offset < 0:
            raise InvalidParameter("offset", "a seek", "at least 0", offset)
        self._seek(tp, offset)

    def begin(self) -> None:
        """See Session.begin. Raises FencedError, TransportUnavailable."""
        self._check_open()
        self._writer.begin()

    def commit(self, offsets: Mapping[TopicPartition, Committed]) -> None:
        """See Session.commit. `needed_from` has no meaning here: the brokers' retention does not
        know the group."""
        self._writer.check_begun()
        for tp, committed in offsets.items():
            check_committed(tp, committed)
        if offsets:
            self._retries.run(partial(self._consumer.settle, PATIENCE), "finish a rebalance")
            self._take_note()
        for tp in offsets:
            if tp not in self._owned or tp in self._news.lost:
                raise FencedError(
                    f"{self._name()} does not own {tp.topic}-{tp.partition} (any more)."
                )
        self._writer.commit(offsets, self._consumer)

    def abort(self) -> None:
        """See Session.abort (harmless outside a transaction)."""
        self._writer.abort()

    def heartbeat(self) -> None:
        """See Session.heartbeat."""
        if not self._closed:
            self._consumer.keep_alive()

    def close(self) -> None:
        """See Session.close (again is harmless)."""
        if self._closed:
            return
        self._closed = True
        self._writer.close()
        self._consumer.close()

    def _take_note(self) -> None:
        lost, gained = self._consumer.changes()
        if lost or gained:
            before = self._news
            # What has come and gone since the last poll was never there.
            told = lost - before.gained
            self._news = Changes(before.lost | told, (before.gained - lost) | gained)

    def _rewind(self, records: list[Record], owned: frozenset[TopicPartition]) -> None:
        """Let the next poll bring these again, as far as they are from partitions that are owned."""
        first: dict[TopicPartition, int] = {}
        for record in records:
            first.setdefault(TopicPartition(record.topic, record.partition), record.offset)
        for tp, offset in first.items():
            if tp in owned:
                self._seek(tp, offset)

    def _seek(self, tp: TopicPartition, offset: int) -> None:
        # A client looks up where a new partition stands, which an open transaction may hold up.
        self._retries.run(
            partial(self._consumer.seek, tp, offset), f"let {tp.topic}-{tp.partition} be read"
        )

    def _check_current(self) -> None:
        current = self._cluster.member_id(self._group, self._member)
        if current is not None and current != self._consumer.member_id():
            raise FencedError(
                f"{self._name()} was replaced by a newer member of the same name, or has not "
                "joined again since it was thrown out."
            )

    def _check_open(self) -> None:
        if self._closed:
            raise TransportError("The session must be open, got a closed one.")

    def _name(self) -> str:
        return f"Member {self._member!r} of group {self._group!r}"
