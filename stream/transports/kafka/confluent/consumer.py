"""A member of a group on confluent-kafka."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from time import monotonic
from typing import Any

import structlog
from confluent_kafka import Consumer, KafkaError, KafkaException, Message
from confluent_kafka import TopicPartition as KafkaPartition

from models.errors import InvalidParameter
from stream.errors import FencedError
from stream.records import Committed, Record, TopicPartition
from stream.transports.kafka.client import Changes, Unavailable
from stream.transports.kafka.confluent.errors import kafka_error, translated
from stream.transports.kafka.confluent.events import Events
from stream.transports.kafka.confluent.rebalances import Rebalances
from stream.transports.kafka.confluent.records import records_of
from stream.transports.kafka.positions import metadata_of

log = structlog.get_logger(__name__)

HEARTBEATS = 5
"""Heartbeats in a session timeout."""
LONGEST_HEARTBEAT_MS = 1000
"""Only a heartbeat tells a member of a rebalance, and the whole group waits for the last one."""
CLOSE_SECONDS = 3.0
TURN = 0.02
"""Seconds after which a wait looks for rebalances, which do not end the library's own."""
SEEK_SECONDS = 5.0
REFUSED = frozenset(
    {
        KafkaError._AUTHENTICATION,
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
        KafkaError.GROUP_AUTHORIZATION_FAILED,
        KafkaError.INCONSISTENT_GROUP_PROTOCOL,
        KafkaError.INVALID_GROUP_ID,
        KafkaError.SASL_AUTHENTICATION_FAILED,
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.UNSUPPORTED_VERSION,
    }
)


class ConfluentConsumer:
    """Implements stream.transports.kafka.client.Consumer."""

    def __init__(
        self,
        settings: Mapping[str, Any],
        group: str,
        topics: Sequence[str],
        member: str,
        session_timeout: float,
        owner_of: Callable[[], str | None],
    ) -> None:
        """owner_of: the id of the member that has this name now, or None."""
        timeout_ms = max(1, round(session_timeout * 1000))
        self._session_timeout = session_timeout
        self._owner_of = owner_of
        self._events = Events()
        self._rebalances = Rebalances()
        self._lock = threading.Lock()
        self._alive_at = monotonic()
        self._known_id: str | None = None
        self.membership: Any = None
        """The group metadata as of the last `poll` or `settle`, or None while this is no member."""
        self._consumer = Consumer(
            {
                **settings,
                **self._events.settings(),
                "group.id": group,
                "group.instance.id": member,
                "session.timeout.ms": timeout_ms,
                # A member whose thread is stuck must not live on by the library's heartbeats.
                "max.poll.interval.ms": timeout_ms,
                "heartbeat.interval.ms": max(
                    1, min(timeout_ms // HEARTBEATS, LONGEST_HEARTBEAT_MS)
                ),
                "enable.auto.commit": False,
                "isolation.level": "read_committed",
                "auto.offset.reset": "earliest",
                "partition.assignment.strategy": "cooperative-sticky",
                # By default, a consumer that was once slow waits a whole second for more.
                "fetch.queue.backoff.ms": 10,
            }
        )
        self._rebalances.subscribe(self._consumer, topics)

    def poll(self, max_records: int, timeout: float) -> list[Record]:
        """See Consumer.poll."""
        with self._lock:
            self._events.check()
            self._check_name()
            messages = self._messages(max_records, monotonic() + timeout)
            self._alive_at = monotonic()
            self._take_note()
        self._events.check()
        if any(map(Message.error, messages)):
            messages = [message for message in messages if self._is_record(message)]
        return records_of(messages)

    def settle(self, _timeout: float) -> None:
        """See Consumer.settle: the library joins by itself between two polls, and keeps what it has
        to give up until the next, so the newest generation covers all that this member owns."""
        with self._lock:
            self._take_note()

    def changes(self) -> Changes:
        """See Consumer.changes."""
        return self._rebalances.take()

    def seek(self, tp: TopicPartition, offset: int) -> None:
        """See Consumer.seek."""
        place, pause = KafkaPartition(*tp, offset), threading.Event()
        deadline = monotonic() + SEEK_SECONDS
        while True:
            try:
                return self._consumer.seek(place)
            except KafkaException as exception:
                error = kafka_error(exception)
                # A partition that was just assigned is still being looked up.
                if error.code() not in (KafkaError._STATE, KafkaError._PREV_IN_PROGRESS):
                    raise translated(error) from exception
                if monotonic() > deadline:
                    raise Unavailable(
                        f"{tp.topic}-{tp.partition} is not fetched yet"
                    ) from exception
            pause.wait(0.002)

    def committed(self, tp: TopicPartition, timeout: float) -> Committed | None:
        """See Consumer.committed."""
        with self._events.translating(lambda: None):
            [found] = self._consumer.committed([KafkaPartition(*tp)], timeout)
        if found.error is not None:
            raise translated(found.error)
        if found.offset < 0:
            return None
        return Committed(found.offset, metadata_of(found.metadata))

    def member_id(self) -> str | None:
        """See Consumer.member_id."""
        return self._consumer.memberid() or self._known_id

    def keep_alive(self) -> None:
        """See Consumer.keep_alive: asks for no message, so no callback is called either."""
        if self._lock.acquire(blocking=False):
            try:
                self._consumer.consume(0, 0.0)
                self._alive_at = monotonic()
            finally:
                self._lock.release()

    def close(self) -> None:
        """See Consumer.close."""
        with suppress(KafkaException, RuntimeError):
            # Closing alone lets a static member stay; unsubscribing removes it, by its own id.
            self._consumer.unsubscribe()
            deadline = monotonic() + CLOSE_SECONDS
            while self._consumer.memberid() and monotonic() < deadline:
                self._consumer.consume(1, TURN)
        with suppress(KafkaException, RuntimeError):
            self._consumer.close()

    def _messages(self, most: int, deadline: float) -> list[Message]:
        """Wait for messages or a rebalance. Asked for several, the library would wait for all."""
        messages = self._consumer.consume(most, 0.0)
        while not messages and not self._rebalances.news:
            left = deadline - monotonic()
            if left <= 0.0:
                break
            messages = self._consumer.consume(1, min(left, TURN))
            if messages and most > 1:
                messages += self._consumer.consume(most - 1, 0.0)
        return messages

    def _take_note(self) -> None:
        member_id = self._consumer.memberid()
        self._known_id = member_id or self._known_id
        self.membership = self._consumer.consumer_group_metadata() if member_id else None

    def _check_name(self) -> None:
        """After a silence, the library joins as a newcomer, which would fence a newer process of
        this name: raise FencedError if there is one."""
        if self._known_id is None or monotonic() - self._alive_at < self._session_timeout:
            return
        owner = self._owner_of()
        if owner not in (None, self._known_id):
            self._events.fail(KafkaError(KafkaError.FENCED_INSTANCE_ID, "replaced", fatal=True))

    def _is_record(self, message: Message) -> bool:
        error = message.error()
        if error is None:
            return True
        if error.fatal() or error.code() == KafkaError._FATAL:
            self._events.check()
            raise FencedError(f"The member must still be its group's, got {error.str()}.")
        if error.code() == KafkaError.INVALID_SESSION_TIMEOUT:
            raise InvalidParameter(
                "session_timeout",
                "a session",
                "within group.min.session.timeout.ms and group.max.session.timeout.ms of the brokers",
                self._session_timeout,
            )
        if error.code() in REFUSED:
            raise translated(error)
        log.warning("kafka client", said=error.str())
        return False
