"""Topics, positions and groups on confluent-kafka."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from concurrent.futures import Future, wait
from contextlib import suppress
from time import monotonic
from typing import Any, TypeVar

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka import TopicPartition as KafkaPartition
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ClusterMetadata,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    OffsetSpec,
    ResourceType,
)

from stream.errors import UnknownTopic
from stream.records import Committed, TopicPartition
from stream.transports.kafka.client import Unavailable
from stream.transports.kafka.confluent.errors import kafka_error
from stream.transports.kafka.confluent.events import Events
from stream.transports.kafka.confluent.group_offsets import GroupOffsets

T = TypeVar("T")

SECONDS = 5.0
"""How long an answer may take; the callers repeat."""
TURN = 0.1
LEADER_SECONDS = 30.0
LIMIT = "message.max.bytes"


class ConfluentAdmin:
    """Implements stream.transports.kafka.client.Admin."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._events = Events()
        self._client = AdminClient({**settings, **self._events.settings()})
        self._groups = GroupOffsets(settings)

    def topic_names(self) -> list[str]:
        """See Admin.topic_names."""
        return sorted(name for name in self._metadata().topics if not name.startswith("__"))

    def partitions(self, topics: Collection[str]) -> dict[str, int]:
        """See Admin.partitions."""
        return {topic: len(leaders) for topic, leaders in self._leaders(topics).items()}

    def configs(self, topics: Collection[str]) -> dict[str, dict[str, str]]:
        """See Admin.configs."""
        return self._configs(ResourceType.TOPIC, topics)

    def create(
        self, topic: str, partitions: int, replication: int, configs: Mapping[str, str]
    ) -> bool:
        """See Admin.create."""
        wanted = NewTopic(topic, partitions, replication, config=dict(configs))
        created = True
        try:
            self._result(self._client.create_topics([wanted], request_timeout=SECONDS)[topic])
        except KafkaException as exception:
            if kafka_error(exception).code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise self._events.translated(exception, self._serve) from exception
            created = False
        self._wait_for_leaders(topic)
        return created

    def alter(self, topic: str, configs: Mapping[str, str]) -> None:
        """See Admin.alter."""
        entries = [
            ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
            for name, value in configs.items()
        ]
        resource = ConfigResource(ResourceType.TOPIC, topic, incremental_configs=entries)
        asked = self._client.incremental_alter_configs([resource], request_timeout=SECONDS)
        self._answer(asked[resource])
        # The controller has taken them, but another broker may answer the next question.
        wanted, pause, deadline = configs.items(), threading.Event(), monotonic() + SECONDS
        while not wanted <= self.configs([topic])[topic].items():
            if monotonic() > deadline:
                raise Unavailable(f"the new configuration of topic {topic!r} is not in force yet")
            pause.wait(0.01)

    def bounds(self, tps: Collection[TopicPartition]) -> dict[TopicPartition, tuple[int, int]]:
        """See Admin.bounds."""
        earliest: OffsetSpec = OffsetSpec.earliest()  # type: ignore[no-untyped-call]  # theirs
        latest: OffsetSpec = OffsetSpec.latest()  # type: ignore[no-untyped-call]  # theirs
        try:
            first, end = self._offsets(tps, earliest), self._offsets(tps, latest)
        except Unavailable:
            # The library keeps on asking as of leaders that it remembers, until it looks again.
            self._metadata()
            raise
        return {tp: (first[tp], end[tp]) for tp in tps}

    def committed(self, group: str) -> dict[TopicPartition, Committed]:
        """See Admin.committed."""
        topics = self._metadata().topics
        tps = [
            TopicPartition(name, partition)
            for name in sorted(topics)
            if not name.startswith("__")
            for partition in sorted(topics[name].partitions)
        ]
        return self._groups.committed(group, tps, SECONDS)

    def member_id(self, group: str, member: str) -> str | None:
        """See Admin.member_id."""
        asked = self._client.describe_consumer_groups([group], request_timeout=SECONDS)
        try:
            members = self._result(asked[group]).members
        except KafkaException as exception:
            if kafka_error(exception).code() == KafkaError.GROUP_ID_NOT_FOUND:
                return None
            raise self._events.translated(exception, self._serve) from exception
        return next((m.member_id for m in members if m.group_instance_id == member), None)

    def message_limit(self) -> int:
        """See Admin.message_limit."""
        # The library asks each broker for its own, one in a call.
        brokers = [str(broker) for broker in self._metadata().brokers]
        found = [self._configs(ResourceType.BROKER, [name])[name] for name in brokers]
        return min(int(configs[LIMIT]) for configs in found)

    def close(self) -> None:
        """See Admin.close: the library disconnects an admin that nobody holds."""
        self._groups.close()
        self._serve()

    def _leaders(self, topics: Collection[str]) -> dict[str, list[int | None]]:
        """Topic -> the leader of each partition; without topics that do not exist."""
        if not topics:
            return {}
        asked = self._client.describe_topics(TopicCollection(list(topics)), request_timeout=SECONDS)
        leaders = {}
        for topic, future in asked.items():
            with suppress(UnknownTopic):
                partitions = self._answer(future).partitions
                leaders[topic] = [p.leader.id if p.leader else None for p in partitions]
        return leaders

    def _wait_for_leaders(self, topic: str) -> None:
        pause, deadline = threading.Event(), monotonic() + LEADER_SECONDS
        while not (leaders := self._leaders([topic]).get(topic)) or None in leaders:
            if monotonic() > deadline:
                raise Unavailable(f"topic {topic!r} has partitions without a leader")
            pause.wait(0.01)

    def _configs(self, kind: ResourceType, names: Collection[str]) -> dict[str, dict[str, str]]:
        if not names:
            return {}
        resources = [ConfigResource(kind, name) for name in names]
        asked = self._client.describe_configs(resources, request_timeout=SECONDS)
        return {
            resource.name: {name: entry.value for name, entry in self._answer(future).items()}
            for resource, future in asked.items()
        }

    def _offsets(
        self, tps: Collection[TopicPartition], at: OffsetSpec
    ) -> dict[TopicPartition, int]:
        if not tps:
            return {}
        asked = self._client.list_offsets(
            {KafkaPartition(*tp): at for tp in tps}, request_timeout=SECONDS
        )
        return {
            TopicPartition(place.topic, place.partition): self._answer(future).offset
            for place, future in asked.items()
        }

    def _answer(self, asked: Future[T]) -> T:
        with self._events.translating(self._serve):
            return self._result(asked)

    def _result(self, asked: Future[T]) -> T:
        """Wait for an answer, unless the brokers refuse to talk: the library would wait longer."""
        while not asked.done():
            wait([asked], TURN)
            self._serve()
            self._events.check()
        return asked.result()

    def _metadata(self) -> ClusterMetadata:
        deadline = monotonic() + SECONDS
        while True:
            try:
                with self._events.translating(self._serve):
                    return self._client.list_topics(timeout=min(1.0, SECONDS))
            except Unavailable:
                if monotonic() > deadline:
                    raise

    def _serve(self) -> None:
        self._client.poll(0.0)
