"""A log with a task's input, what came out of it, and how far the workers are."""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from stream.records import Outgoing, TopicPartition
from stream.runtime.runner import group_of
from tests.crash.config import CrashConfig
from tests.crash.processes import WorkerProcess, wait_for

Digests = dict[str, tuple[int, str]]
"""Topic-partition -> number of records, and a hash of every byte of them, in order."""


class Stage:
    """Where the workers of one configuration play; close it at the end."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.config = CrashConfig(path)
        self.group = group_of(self.config.task)
        self.log = self.config.connect()
        self.supervised = False
        """Whether workers may end by themselves, as those do that a service manager starts again."""
        self._ends: dict[TopicPartition, int] = {}

    def prepare(self, events: Sequence[Outgoing] = ()) -> None:
        """Make the topics, and add to the input."""
        for spec in self.config.task.topics:
            self.log.ensure_topic(spec)
        if events:
            self.append(events)

    def append(self, events: Sequence[Outgoing]) -> None:
        """Add to the input."""
        self.log.append(events)
        self._ends = {}

    def ends(self) -> dict[TopicPartition, int]:
        """The offset behind the last record of every partition of the input."""
        if not self._ends:
            for tp in self._partitions(self.config.input_topic):
                last = -1
                for record in self.log.read(tp, 0):
                    last = record.offset
                self._ends[tp] = last + 1
        return self._ends

    def share(self) -> float:
        """How much of the input has been committed, 0 to 1."""
        done, ends = self.log.committed(self.group), self.ends()
        reached = sum(min(done[tp].offset, end) for tp, end in ends.items() if tp in done)
        return reached / sum(ends.values())

    def wait(self, share: float, workers: Sequence[WorkerProcess], seconds: float) -> None:
        """Return once so much is committed; raise if a worker has ended before.

        While `supervised`, one that has ended is started again instead.
        """

        def reached() -> bool:
            for worker in workers:
                if self.supervised and worker.has_ended():
                    worker.start()
                worker.check_alive()
            return self.share() >= share

        wait_for(reached, seconds, f"{share:.0%} of the input")

    def finish(self, workers: Sequence[WorkerProcess], seconds: float) -> None:
        """Wait for the rest, and end the workers in good order: each must leave with code 0."""
        self.wait(1.0, workers, seconds)
        for worker in workers:
            wait_for(worker.has_started, seconds, f"the start of {worker.member}")
        for worker in workers:
            code = worker.terminate()
            if code != 0:
                raise RuntimeError(f"{worker.member} must end with 0 on SIGTERM, got {code}")

    def digests(self) -> Digests:
        """What came out. Offsets do not count: those of transactions' markers differ."""
        found: Digests = {}
        for topic in self.config.output_topics:
            for tp in self._partitions(topic):
                digest, count = sha256(), 0
                for r in self.log.read(tp, 0):
                    digest.update(repr((r.timestamp, r.key, r.value, r.headers)).encode())
                    count += 1
                found[f"{topic}-{tp.partition}"] = (count, digest.hexdigest())
        return found

    def _partitions(self, topic: str) -> list[TopicPartition]:
        (spec,) = (spec for spec in self.config.task.topics if spec.name == topic)
        return [TopicPartition(topic, number) for number in range(spec.partitions)]

    def left_to_replay(self) -> int:
        """Events that a start after the end of all workers would read again."""
        positions = self.log.committed(self.group).values()
        return sum(p.offset - json.loads(p.metadata)["replay_from"] for p in positions)

    def wipe(self) -> None:
        """Have Kafka forget the group and all of its topics but the input."""
        admin = AdminClient({"bootstrap.servers": self.config.broker.removeprefix("kafka://")})
        kept = set(self.config.task.inputs)
        gone = [spec.name for spec in self.config.task.topics if spec.name not in kept]
        for done in admin.delete_topics(gone).values():
            done.result(30.0)
        for done in admin.delete_consumer_groups([self.group]).values():
            done.result(30.0)
        wait_for(lambda: _lacks(admin, gone), 30.0, "the end of the topics")
        # What the transport remembers of them is no longer true.
        self.log.close()
        self.log = self.config.connect()

    def close(self) -> None:
        """Disconnect."""
        self.log.close()

    def __enter__(self) -> Stage:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()


def differences(expected: Digests, got: Digests) -> list[str]:
    """The places whose bytes are not the same."""
    return sorted(
        place for place in expected.keys() | got.keys() if expected.get(place) != got.get(place)
    )


def _lacks(admin: AdminClient, topics: Sequence[str]) -> bool:
    try:
        return admin.list_topics(timeout=5.0).topics.keys().isdisjoint(topics)
    except KafkaException:
        return False
