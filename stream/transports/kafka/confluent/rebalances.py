"""What rebalances did, recorded while the member polls."""

from __future__ import annotations

from collections.abc import Sequence

from confluent_kafka import Consumer
from confluent_kafka import TopicPartition as KafkaPartition

from stream.records import TopicPartition
from stream.transports.kafka.client import NO_CHANGES, Changes


class Rebalances:
    """Adds up the changes of an assignment. The callbacks run inside of `consume`."""

    def __init__(self) -> None:
        self._lost: set[TopicPartition] = set()
        self._gained: set[TopicPartition] = set()

    def subscribe(self, consumer: Consumer, topics: Sequence[str]) -> None:
        """Have a consumer tell its rebalances here."""
        consumer.subscribe(
            list(topics), on_assign=self._assign, on_revoke=self._revoke, on_lost=self._revoke
        )

    @property
    def news(self) -> bool:
        """Whether anything happened since the last `take`."""
        return bool(self._lost or self._gained)

    def take(self) -> Changes:
        """What happened since the last call."""
        if not self.news:
            return NO_CHANGES
        changes = Changes(frozenset(self._lost), frozenset(self._gained))
        self._lost.clear()
        self._gained.clear()
        return changes

    def _assign(self, consumer: Consumer, partitions: list[KafkaPartition]) -> None:
        consumer.incremental_assign(partitions)
        self._gained.update(TopicPartition(tp.topic, tp.partition) for tp in partitions)

    def _revoke(self, consumer: Consumer, partitions: list[KafkaPartition]) -> None:
        consumer.incremental_unassign(partitions)
        for partition in partitions:
            tp = TopicPartition(partition.topic, partition.partition)
            # What comes and goes between two reports was never there.
            if tp in self._gained:
                self._gained.remove(tp)
            else:
                self._lost.add(tp)
