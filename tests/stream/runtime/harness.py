"""Runs a task over a transport until nothing is left to be read."""

from __future__ import annotations

import random
from collections import Counter
from threading import Event

from prometheus_client import CollectorRegistry

from stream.metrics import Metrics
from stream.records import Outgoing, Polled, TopicPartition
from stream.runtime.options import RunnerOptions
from stream.runtime.runner import TaskRunner, group_of
from stream.tasks.protocol import Task
from stream.transports.protocol import Transport
from tests.stream.runtime.memory import MemoryTransport
from tests.stream.runtime.toy import POISON

Outputs = dict[int, list[tuple[object, ...]]]


def events(
    count: int, keys: int, seed: int = 1, *, nulls: float = 0.0, poison: float = 0.0
) -> list[Outgoing]:
    """Keyed records with consecutive timestamps; one in fifty has no key.

    nulls, poison: the share of records without a value, and of those on which a picky task raises.
    """
    chance, more = random.Random(seed), random.Random(seed + 1)
    records = []
    for at in range(count):
        key = None if chance.random() < 0.02 else b"k%d" % chance.randrange(keys)
        value: bytes | None = b"%d" % chance.randrange(1000)
        if more.random() < nulls:
            value = None
        elif more.random() < poison:
            value = POISON
        headers = (("h", b"%d" % at),) if value == POISON else ()
        records.append(Outgoing("events", key, value, headers, 1000 + at))
    return records


def filled(
    task: Task,
    count: int = 300,
    keys: int = 7,
    seed: int = 1,
    *,
    nulls: float = 0.0,
    poison: float = 0.0,
    limit: int | None = None,
) -> MemoryTransport:
    """A transport with the task's topics and some events; `limit` bounds a record's bytes."""
    transport = MemoryTransport()
    transport.max_record_bytes = limit
    for spec in task.topics:
        transport.ensure_topic(spec)
    transport.append(events(count, keys, seed, nulls=nulls, poison=poison))
    return transport


def compacted(transport: MemoryTransport, topic: str = "toy.snapshots", newest: int = 1) -> None:
    """Let compaction keep so many of the newest records of each key, and nothing of deleted ones."""
    for tp, log in transport.logs.items():
        if tp.topic == topic:
            seen: Counter[bytes | None] = Counter()
            deleted = set()
            kept = []
            for record in reversed(log):
                seen[record.key] += 1
                if record.value is None and seen[record.key] == 1:
                    deleted.add(record.key)
                elif record.key not in deleted and seen[record.key] <= newest:
                    kept.append(record)
            log[:] = reversed(kept)


class UntilIdle:
    """A transport that asks its runner to stop once `patience` polls in a row brought nothing.

    One is not enough: after a refused commit the runner has to go back before it finds more.
    """

    def __init__(
        self, transport: Transport, stop: Event, polls: int = 10**9, patience: int = 2
    ) -> None:
        self._patience = patience
        self._inner = transport
        self._stop = stop
        self._polls = polls
        self._empty = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    def session(self, *args: object, **kwargs: object) -> object:
        session = self._inner.session(*args, **kwargs)  # type: ignore[arg-type]  # passed through
        poll = session.poll

        def watched(max_records: int, timeout: float) -> Polled:
            polled = poll(max_records, timeout)
            self._polls -= 1
            self._empty = self._empty + 1 if polled == Polled([]) else 0
            if self._empty == self._patience or self._polls <= 0:
                self._stop.set()
            return polled

        session.poll = watched  # type: ignore[method-assign]  # the test's own spy
        return session


class Run:
    """One life of one runner."""

    def __init__(
        self,
        task: Task,
        transport: Transport,
        *,
        graceful: bool = True,
        polls: int = 10**9,
        patience: int = 2,
        **options: object,
    ) -> None:
        self.registry = CollectorRegistry()
        self.stop, self.abandon = Event(), Event()
        if not graceful:
            self.abandon.set()
        settings = {"batch_size": 50, "poll_timeout": 0.0, "snapshot_every": 60, "member": "w1"}
        self.runner = TaskRunner(
            task,
            UntilIdle(transport, self.stop, polls, patience),  # type: ignore[arg-type]  # a stand-in
            RunnerOptions(**(settings | options)),  # type: ignore[arg-type]  # names are checked
            Metrics(self.registry),
            stop=self.stop,
            abandon=self.abandon,
            clock=lambda: 2.0,
        )

    def __call__(self) -> Run:
        self.runner.run()
        return self

    def metric(self, name: str, **labels: str) -> float:
        """The value of a metric of the task, 0 where there is none."""
        labels = {"task": self.runner.task.name, **labels}
        return self.registry.get_sample_value(name, labels) or 0.0


def outputs(transport: Transport, topic: str = "toy") -> Outputs:
    """Everything on a topic, by partition, without the topic's name."""
    partitions = transport.topics()[topic].spec.partitions
    return {
        p: [record[2:] for record in transport.read(TopicPartition(topic, p), 0)]
        for p in range(partitions)
    }


def replay_length(transport: Transport, task: Task) -> int:
    """How many records a restart would replay, all partitions together."""
    import json

    return sum(
        c.offset - json.loads(c.metadata)["replay_from"]
        for c in transport.committed(group_of(task)).values()
    )
