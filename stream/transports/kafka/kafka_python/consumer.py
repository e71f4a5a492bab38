"""A member of a group on kafka-python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from kafka import KafkaConsumer
from kafka import TopicPartition as KafkaPartition
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.errors import InvalidSessionTimeoutError, KafkaError
from kafka.structs import MemberState

from models.errors import InvalidParameter
from stream.records import Committed, Record, TopicPartition
from stream.transports.kafka.client import Changes
from stream.transports.kafka.kafka_python.connections import connected
from stream.transports.kafka.kafka_python.errors import translating
from stream.transports.kafka.kafka_python.membership import Rebalances, await_metadata, install
from stream.transports.kafka.kafka_python.records import records_of
from stream.transports.kafka.positions import metadata_of

HEARTBEATS = 5
"""Heartbeats in a session timeout."""
LONGEST_HEARTBEAT_MS = 1000
CLOSE_MS = 3000
METADATA_SECONDS = 5.0


class KafkaPythonConsumer:
    """Implements stream.transports.kafka.client.Consumer."""

    def __init__(
        self,
        settings: Mapping[str, Any],
        group: str,
        topics: Sequence[str],
        member: str,
        session_timeout: float,
    ) -> None:
        timeout_ms = max(1, round(session_timeout * 1000))
        self._session_timeout = session_timeout
        self._consumer = connected(
            KafkaConsumer,
            settings,
            group_id=group,
            group_instance_id=member,
            session_timeout_ms=timeout_ms,
            # A member whose thread is stuck must not live on by the library's heartbeats.
            max_poll_interval_ms=timeout_ms,
            heartbeat_interval_ms=min(timeout_ms // HEARTBEATS, LONGEST_HEARTBEAT_MS),
            enable_auto_commit=False,
            isolation_level="read_committed",
            auto_offset_reset="earliest",
            partition_assignment_strategy=(CooperativeStickyAssignor,),
            metrics_enabled=False,
        )
        try:
            self._subscribe(topics)
        except BaseException:
            self.close()
            raise
        self.membership: Any = None
        """The group metadata as of the last poll that found the member in its group, or None."""

    def poll(self, max_records: int, timeout: float) -> list[Record]:
        """See Consumer.poll."""
        with translating():
            try:
                fetched = self._consumer.poll(timeout_ms=timeout * 1000.0, max_records=max_records)
            except InvalidSessionTimeoutError as error:
                raise InvalidParameter(
                    "session_timeout",
                    "a session",
                    "within group.min.session.timeout.ms and group.max.session.timeout.ms of the "
                    "brokers",
                    self._session_timeout,
                ) from error
        self._take_note()
        return records_of(fetched)

    def settle(self, timeout: float) -> None:
        """See Consumer.settle."""
        if self._coordinator.rejoining:
            with translating():
                self._coordinator.poll(timeout_ms=timeout * 1000.0)
            self._take_note()

    def changes(self) -> Changes:
        """See Consumer.changes."""
        return self._rebalances.take()

    def seek(self, tp: TopicPartition, offset: int) -> None:
        """See Consumer.seek."""
        self._consumer.seek(KafkaPartition(*tp), offset)

    def committed(self, tp: TopicPartition, timeout: float) -> Committed | None:
        """See Consumer.committed."""
        with translating():
            found = self._consumer.committed(
                KafkaPartition(*tp), metadata=True, timeout_ms=timeout * 1000.0
            )
        return None if found is None else Committed(found.offset, metadata_of(found.metadata))

    def member_id(self) -> str | None:
        """See Consumer.member_id."""
        current = self._consumer.group_metadata().member_id
        if not current and self.membership is not None:
            current = self.membership.member_id
        return current or None

    def keep_alive(self) -> None:
        """See Consumer.keep_alive: it sets one number."""
        self._coordinator.heartbeat.poll()

    def close(self) -> None:
        """See Consumer.close."""
        with suppress(KafkaError, OSError):
            self._consumer.close(autocommit=False, timeout_ms=CLOSE_MS)

    def _take_note(self) -> None:
        membership = self._consumer.group_metadata()
        # A join that is under way has a newer generation, but its assignment is not here yet.
        if membership.state == MemberState.STABLE:
            self.membership = membership

    def _subscribe(self, topics: Sequence[str]) -> None:
        with translating():
            self._coordinator = install(self._consumer)
            self._rebalances = Rebalances()
            self._consumer.subscribe(list(topics), listener=self._rebalances)
            await_metadata(self._consumer, topics, METADATA_SECONDS)
