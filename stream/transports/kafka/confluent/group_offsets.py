"""Where a group stands, asked without joining it."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Any

from confluent_kafka import Consumer, KafkaException
from confluent_kafka import TopicPartition as KafkaPartition

from stream.records import Committed, TopicPartition
from stream.transports.kafka.confluent.errors import translated
from stream.transports.kafka.confluent.events import Events
from stream.transports.kafka.positions import metadata_of


class GroupOffsets:
    """The positions of groups; safe to share between threads.

    The library's AdminClient can list them too, but librdkafka 2.16 then crashes the process when the
    coordinator is starting or moving (`rd_kafka_handle_OffsetFetch` without a group of its own). A
    consumer that has the group's name and never subscribes is no member, and is safe to ask.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._asking: dict[str, tuple[Consumer, Events]] = {}

    def committed(
        self, group: str, tps: Collection[TopicPartition], timeout: float
    ) -> dict[TopicPartition, Committed]:
        """The positions of a group in those of `tps` where it has one."""
        if not tps:
            return {}
        consumer, events = self._of(group)
        with events.translating(lambda: consumer.poll(0.0)):
            found = consumer.committed([KafkaPartition(*tp) for tp in tps], timeout)
        for position in found:
            if position.error is not None:
                raise translated(position.error)
        return {
            TopicPartition(p.topic, p.partition): Committed(p.offset, metadata_of(p.metadata))
            for p in sorted(found)
            if p.offset >= 0
        }

    def close(self) -> None:
        """Disconnect."""
        with self._lock:
            asking, self._asking = self._asking, {}
        for consumer, _ in asking.values():
            with suppress(KafkaException, RuntimeError):
                consumer.close()

    def _of(self, group: str) -> tuple[Consumer, Events]:
        with self._lock:
            if group not in self._asking:
                events = Events()
                own = {
                    "group.id": group,
                    "enable.auto.commit": False,
                    # Has the answer wait for transactions that hold newer positions.
                    "isolation.level": "read_committed",
                }
                consumer = Consumer({**self._settings, **events.settings(), **own})
                self._asking[group] = (consumer, events)
            return self._asking[group]
