"""A client library that does what a test says."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from stream.records import Committed, Outgoing, Record, TopicPartition
from stream.transports.kafka.client import NO_CHANGES, Changes, Consumer, Noted, Unavailable

NOTHING: frozenset[TopicPartition] = frozenset()


class FakeConsumer:
    """Plays a list of polls; `calls` tells what else it was asked for."""

    def __init__(self) -> None:
        self.script: list[tuple[list[Record], Changes]] = []
        self.while_settling = NO_CHANGES
        self.id: str | None = "m1-1"
        self.calls: list[tuple[object, ...]] = []
        self._changes = NO_CHANGES

    def poll(self, max_records: int, timeout: float) -> list[Record]:
        records, self._changes = self.script.pop(0) if self.script else ([], NO_CHANGES)
        return records

    def settle(self, timeout: float) -> None:
        self._changes = self.while_settling

    def changes(self) -> Changes:
        told, self._changes = self._changes, NO_CHANGES
        return told

    def seek(self, tp: TopicPartition, offset: int) -> None:
        self.calls.append(("seek", tp, offset))

    def committed(self, tp: TopicPartition, timeout: float) -> Committed | None:
        self.calls.append(("committed", tp))
        return None

    def member_id(self) -> str | None:
        return self.id

    def keep_alive(self) -> None:
        self.calls.append(("keep_alive",))

    def close(self) -> None:
        self.calls.append(("close",))


class FakeProducer:
    """Notes what it is told, and fails where the test says."""

    def __init__(self, transactional_id: str, calls: list[tuple[object, ...]]) -> None:
        self.transactional_id = transactional_id
        self.failures: dict[str, Exception] = {}
        self._calls = calls

    def init(self, timeout: float) -> None:
        self._note("init")

    def begin(self) -> None:
        self._note("begin")

    def produce(
        self,
        records: Sequence[Outgoing],
        partitions: Mapping[str, int],
        note: Noted | None = None,
    ) -> None:
        self._note("produce", len(records))
        for index in range(len(records) if note is not None else 0):
            note(index, 0, index)

    def send_offsets(
        self, offsets: Mapping[TopicPartition, Committed], consumer: Consumer, timeout: float
    ) -> None:
        self._note("send_offsets", dict(offsets))

    def commit(self, timeout: float) -> None:
        self._note("commit")

    def abort(self, timeout: float) -> None:
        self._note("abort")

    def close(self) -> None:
        self._note("close")

    def _note(self, verb: str, *arguments: object) -> None:
        self._calls.append((verb, *arguments))
        if verb in self.failures:
            raise self.failures[verb]


class FakeAdmin:
    """Topics with two partitions each."""

    def __init__(self) -> None:
        self.topics = {"in", "out"}
        self.asked: list[list[str]] = []
        self.member: str | None = "m1-1"
        self.away = 0

    def topic_names(self) -> list[str]:
        return sorted(self.topics)

    def partitions(self, topics: Collection[str]) -> dict[str, int]:
        if self.away:
            self.away -= 1
            raise Unavailable("away")
        self.asked.append(sorted(topics))
        return {topic: 2 for topic in topics if topic in self.topics}

    def configs(self, topics: Collection[str]) -> dict[str, dict[str, str]]:
        configs = {
            "cleanup.policy": "delete",
            "retention.ms": "-1",
            "retention.bytes": "-1",
            "max.message.bytes": "1048588",
        }
        return {topic: dict(configs) for topic in topics}

    def create(
        self, topic: str, partitions: int, replication: int, configs: Mapping[str, str]
    ) -> bool:
        self.topics.add(topic)
        return True

    def alter(self, topic: str, configs: Mapping[str, str]) -> None:
        raise AssertionError("nothing is to be altered")

    def bounds(self, tps: Collection[TopicPartition]) -> dict[TopicPartition, tuple[int, int]]:
        return dict.fromkeys(tps, (0, 5))

    def stable_end(self, tp: TopicPartition) -> int:
        return 5

    def committed(self, group: str) -> dict[TopicPartition, Committed]:
        return {}

    def member_id(self, group: str, member: str) -> str | None:
        return self.member

    def message_limit(self) -> int:
        return 1_048_588

    def close(self) -> None:
        pass


class FakeClient:
    """Makes the above, and remembers what it made."""

    def __init__(self) -> None:
        self.made_consumer = FakeConsumer()
        self.made_admin = FakeAdmin()
        self.producers: list[FakeProducer] = []
        self.calls: list[tuple[object, ...]] = []

    def consumer(
        self, group: str, topics: Sequence[str], member: str, session_timeout: float
    ) -> FakeConsumer:
        return self.made_consumer

    def producer(self, transactional_id: str) -> FakeProducer:
        self.producers.append(FakeProducer(transactional_id, self.calls))
        return self.producers[-1]

    def reader(self) -> FakeReader:
        return FakeReader()

    def admin(self) -> FakeAdmin:
        return self.made_admin


class FakeReader:
    """Finds nothing."""

    def seek(self, tp: TopicPartition, offset: int) -> None:
        pass

    def poll(self, timeout: float) -> list[Record]:
        return []

    def position(self) -> int:
        return 0

    def close(self) -> None:
        pass
