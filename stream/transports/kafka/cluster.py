"""Topics, positions and groups of a cluster, asked for with patience."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import NamedTuple, TypeVar

from stream.errors import UnknownTopic
from stream.records import Committed, TopicPartition
from stream.transports.checks import check_declaration, check_partition, check_spec
from stream.transports.kafka.client import Admin, Client
from stream.transports.kafka.retrying import Retries
from stream.transports.kafka.topic_configs import (
    check_name,
    creation_configs,
    info_of,
    is_compacted,
    message_limit,
    retention_configs,
)
from stream.transports.protocol import TopicInfo, TopicSpec

T = TypeVar("T")

RESERVED_BYTES = 48_588
"""What headers and framing may take of a batch: of Kafka's default limit, 1,000,000 bytes are left."""


class Topic(NamedTuple):
    """What is remembered of a topic."""

    name: str
    partitions: int
    compact: bool
    message_limit: int
    """The largest batch of records that it takes, in bytes. It may change; then it is seen at the next start."""


class Cluster:
    """Implements the verbs about topics; safe to share between threads."""

    def __init__(self, client: Client, retries: Retries, replication: int | None) -> None:
        self._client = client
        self._retries = retries
        self._replication = -1 if replication is None else replication
        self._lock = threading.Lock()
        self._admin: Admin | None = None
        self._topics: dict[str, Topic] = {}
        self._max_record_bytes: int | None = None

    def max_record_bytes(self) -> int:
        """The largest key and value, together, by the brokers' limit of a batch."""
        if self._max_record_bytes is None:
            limit = self.ask(lambda admin: admin.message_limit(), "tell their configuration")
            self._max_record_bytes = max(limit - RESERVED_BYTES, limit // 2)
        return self._max_record_bytes

    def topic(self, name: str) -> Topic:
        """Look a topic up; what was found is remembered. Raises UnknownTopic."""
        found = self._topics.get(name)
        if found is None:
            partitions = self._partitions([name])[name]
            described = self.ask(lambda admin: admin.configs([name]), f"describe topic {name!r}")
            configs = described[name]
            found = Topic(name, partitions, is_compacted(configs), message_limit(configs))
            self._topics[name] = found
        return found

    def check(self, tp: TopicPartition) -> None:
        """Raise UnknownTopic or InvalidParameter unless the partition exists."""
        check_partition(tp.topic, tp.partition, self.topic(tp.topic).partitions)

    def ensure(self, spec: TopicSpec) -> None:
        """Create a topic, or check it and put its retention in force."""
        check_spec(spec)
        check_name("name", "a topic", spec.name)
        self.ask(lambda admin: self._ensure(admin, spec), f"create or check topic {spec.name!r}")

    def bounds(self, tps: Collection[TopicPartition]) -> dict[TopicPartition, tuple[int, int]]:
        """The first kept offset and the end of each partition. Raises UnknownTopic."""
        return self.ask(lambda admin: admin.bounds(tps), "tell the bounds of topics")

    def stable_end(self, tp: TopicPartition) -> int:
        """The last stable offset of a partition. Raises UnknownTopic."""
        what = f"tell the last stable offset of {tp.topic}-{tp.partition}"
        return self.ask(lambda admin: admin.stable_end(tp), what)

    def committed(self, group: str) -> dict[TopicPartition, Committed]:
        """Every position of a group."""
        return self.ask(lambda admin: admin.committed(group), f"tell the offsets of {group!r}")

    def member_id(self, group: str, member: str) -> str | None:
        """The id of the member that has this name now."""
        return self.ask(lambda admin: admin.member_id(group, member), f"describe {group!r}")

    def names(self) -> list[str]:
        """Every topic."""
        return self.ask(lambda admin: admin.topic_names(), "list the topics")

    def infos(self, names: Collection[str]) -> dict[str, TopicInfo]:
        """These topics as they are now. Raises UnknownTopic."""
        partitions = self._partitions(names)
        configs = self.ask(lambda admin: admin.configs(names), "describe topics")
        bounds = self.bounds([TopicPartition(n, p) for n in names for p in range(partitions[n])])
        return {
            name: info_of(
                name, [bounds[TopicPartition(name, p)] for p in range(count)], configs[name]
            )
            for name, count in partitions.items()
        }

    def close(self) -> None:
        """Disconnect."""
        with self._lock:
            admin, self._admin = self._admin, None
        if admin is not None:
            admin.close()

    def ask(self, question: Callable[[Admin], T], what: str) -> T:
        """Ask until there is an answer. Raises TransportUnavailable."""
        return self._retries.run(lambda: question(self._connected()), what)

    def _connected(self) -> Admin:
        with self._lock:
            if self._admin is None:
                self._admin = self._client.admin()
            return self._admin

    def _partitions(self, names: Collection[str]) -> dict[str, int]:
        found = self.ask(lambda admin: admin.partitions(names), "describe topics")
        for name in names:
            if name not in found:
                raise UnknownTopic(
                    f"The topic {name!r} must exist, got no such topic in the cluster."
                )
        return found

    def _ensure(self, admin: Admin, spec: TopicSpec) -> None:
        name = spec.name
        existing = admin.partitions([name]).get(name)
        if existing is None:
            if admin.create(name, spec.partitions, self._replication, creation_configs(spec)):
                return
            existing = admin.partitions([name]).get(name, spec.partitions)  # somebody was faster
        configs = admin.configs([name])[name]
        check_declaration(spec, existing, is_compacted(configs))
        wanted = retention_configs(spec)
        changed = {key: value for key, value in wanted.items() if configs.get(key) != value}
        if changed:
            admin.alter(name, changed)


class TopicInfos(Mapping[str, TopicInfo]):
    """Every topic, by name; the brokers are asked for no more than is looked at.

    A single look-up asks for that topic; once the names were listed, the first look-up asks for
    all of them at once.
    """

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self._names: list[str] | None = None
        self._infos: dict[str, TopicInfo] = {}

    def __getitem__(self, name: str) -> TopicInfo:
        if name not in self._infos:
            wanted = self._names if self._names and name in self._names else [name]
            try:
                self._infos |= self._cluster.infos(wanted)
            except UnknownTopic:
                if wanted == [name]:
                    raise KeyError(name) from None
                self._names = [name for name in self._names or () if name in self._infos]
                return self[name]  # one of the others has been deleted meanwhile
        return self._infos[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._listed())

    def __len__(self) -> int:
        return len(self._listed())

    def _listed(self) -> list[str]:
        if self._names is None:
            self._names = self._cluster.names()
        return self._names
