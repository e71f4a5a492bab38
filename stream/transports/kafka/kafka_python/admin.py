"""Topics, positions and groups on kafka-python."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from typing import Any, TypeVar

from kafka import KafkaAdminClient
from kafka import TopicPartition as KafkaPartition
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import KafkaError, TopicAlreadyExistsError
from kafka.protocol.consumer import IsolationLevel, OffsetSpec

from stream.records import Committed, TopicPartition
from stream.transports.kafka.client import Unavailable
from stream.transports.kafka.kafka_python.connections import connected
from stream.transports.kafka.kafka_python.errors import translated
from stream.transports.kafka.positions import metadata_of

T = TypeVar("T")


class _AdminClient(KafkaAdminClient):  # type: ignore[misc]  # the library ships no types
    """Asks for offsets as a reader of committed transactions has to."""

    def _list_group_offsets_requests(self, group_specs: object) -> Iterator[tuple[Any, Any]]:
        for group, request in super()._list_group_offsets_requests(group_specs):
            request.require_stable = True
            yield group, request


class KafkaPythonAdmin:
    """Implements stream.transports.kafka.client.Admin.

    The library remembers coordinators and controllers that have moved, so it starts anew after a
    fault that passes.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._client: _AdminClient | None = None
        self._connected()

    def topic_names(self) -> list[str]:
        """See Admin.topic_names."""
        names = self._ask(lambda client: client.list_topics())
        return sorted(name for name in names if not name.startswith("__"))

    def partitions(self, topics: Collection[str]) -> dict[str, int]:
        """See Admin.partitions."""
        if not topics:
            return {}
        found = self._ask(lambda client: client.describe_topics(list(topics)))
        return {
            topic["name"]: len(topic["partitions"])
            for topic in found
            if not topic["error_code"] and topic["partitions"]
        }

    def configs(self, topics: Collection[str]) -> dict[str, dict[str, str]]:
        """See Admin.configs."""
        if not topics:
            return {}
        resources = [ConfigResource(ConfigResourceType.TOPIC, topic) for topic in topics]
        found = self._ask(lambda client: client.describe_configs(resources, config_filter="all"))
        return {
            topic: {name: config["value"] for name, config in configs.items()}
            for topic, configs in found["topic"].items()
        }

    def create(
        self, topic: str, partitions: int, replication: int, configs: Mapping[str, str]
    ) -> bool:
        """See Admin.create."""
        wanted = {
            topic: {
                "num_partitions": partitions,
                "replication_factor": replication,
                "configs": dict(configs),
            }
        }
        try:
            self._ask(lambda client: client.create_topics(wanted))
            created = True
        except TopicAlreadyExistsError:
            created = False
        self._ask(lambda client: client.wait_for_topics([topic]))
        return created

    def alter(self, topic: str, configs: Mapping[str, str]) -> None:
        """See Admin.alter."""
        resource = ConfigResource(ConfigResourceType.TOPIC, topic, dict(configs))
        self._ask(lambda client: client.alter_configs([resource]))

    def bounds(self, tps: Collection[TopicPartition]) -> dict[TopicPartition, tuple[int, int]]:
        """See Admin.bounds."""
        if not tps:
            return {}
        first, end = (self._offsets(tps, at) for at in (OffsetSpec.EARLIEST, OffsetSpec.LATEST))
        return {tp: (first[tp], end[tp]) for tp in tps}

    def stable_end(self, tp: TopicPartition) -> int:
        """See Admin.stable_end."""
        return self._offsets([tp], OffsetSpec.LATEST, IsolationLevel.READ_COMMITTED)[tp]

    def committed(self, group: str) -> dict[TopicPartition, Committed]:
        """See Admin.committed."""
        found = self._ask(lambda client: client.list_group_offsets(group))
        return {
            TopicPartition(*tp): Committed(position.offset, metadata_of(position.metadata))
            for tp, position in sorted(found[group].items())
            if position.offset >= 0
        }

    def member_id(self, group: str, member: str) -> str | None:
        """See Admin.member_id."""
        described = self._ask(lambda client: client.describe_groups([group]))[group]
        return next(
            (str(m["member_id"]) for m in described["members"] if m["group_instance_id"] == member),
            None,
        )

    def message_limit(self) -> int:
        """See Admin.message_limit."""
        brokers = self._ask(lambda client: client.describe_cluster())["brokers"]
        limits, fault = [], Unavailable("no broker is known")
        for broker in brokers:
            try:
                limits.append(self._message_limit(str(broker["broker_id"])))
            except Unavailable as error:
                fault = error  # one that is down has no say
        if not limits:
            raise fault
        return min(limits)

    def close(self) -> None:
        """See Admin.close."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            with suppress(KafkaError, OSError):
                client.close()

    def _message_limit(self, broker: str) -> int:
        name = "message.max.bytes"
        asked = [ConfigResource(ConfigResourceType.BROKER, broker, {name: None})]
        found = self._ask(lambda client: client.describe_configs(asked, config_filter="all"))
        return int(found["broker"][broker][name]["value"])

    def _offsets(
        self,
        tps: Collection[TopicPartition],
        at: OffsetSpec,
        isolation: IsolationLevel = IsolationLevel.READ_UNCOMMITTED,
    ) -> dict[TopicPartition, int]:
        specs = {KafkaPartition(*tp): at for tp in tps}
        found = self._ask(lambda client: client.list_partition_offsets(specs, isolation))
        return {tp: found[tp].offset for tp in tps}

    def _ask(self, question: Callable[[_AdminClient], T]) -> T:
        try:
            return question(self._connected())
        except TopicAlreadyExistsError:
            raise
        except (KafkaError, OSError) as error:
            ours = translated(error)
            if isinstance(ours, Unavailable):
                self.close()
            raise ours from error

    def _connected(self) -> _AdminClient:
        with self._lock:
            if self._client is None:
                self._client = connected(_AdminClient, self._settings)
            return self._client
