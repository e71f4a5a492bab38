"""What is played, and on which log: topics of names that no other run uses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple
from uuid import uuid4

import numpy as np
from prometheus_client import CollectorRegistry

from models.detector import DetectorBank
from stream.metrics import Metrics
from stream.records import Outgoing, TopicPartition
from stream.runtime.options import RunnerOptions
from stream.runtime.worker import Worker
from stream.settings import Settings, loads
from stream.tasks.detect import DetectTask
from stream.transports import KafkaOptions, Transport, connect

PARTITIONS = 4
BATCH = 1000
EPOCH = 1_700_000_000_000
CONFIG = """
broker: {broker}
detectors:
  {name}:
    input:
      {{topic: {name}, partitions: {partitions}, key: key, rekey: false, timestamp: time, features: [value]}}
    shingle_size: 8
"""


class Log(NamedTuple):
    """Which log, by which client."""

    url: str
    kafka: KafkaOptions | None

    def open(self) -> Transport:
        """Connect to it."""
        return connect(self.url, self.kafka)


class Stage:
    """One detector on topics of its own."""

    def __init__(self, log: Log, label: str) -> None:
        self.log = log
        self.name = f"{label}-{uuid4().hex[:8]}"
        self.settings: Settings = loads(
            CONFIG.format(broker=log.url, name=self.name, partitions=PARTITIONS)
        )
        self.task = DetectTask(self.settings, self.name, DetectorBank)
        self.inputs = [TopicPartition(self.name, p) for p in range(PARTITIONS)]
        self.scores = self.settings.detectors[self.name].output.topic

    @contextmanager
    def opened(self) -> Iterator[Transport]:
        """The log with this stage's topics in it."""
        transport = self.log.open()
        try:
            for spec in self.task.topics:
                transport.ensure_topic(spec)
            yield transport
        finally:
            transport.close()

    def fill(self, transport: Transport, n: int, keys: int) -> None:
        """Append n events."""
        for at in range(0, n, 5000):
            transport.append(events(self.name, min(5000, n - at), keys, at))

    def worker(self, snapshot_every: int, task: Any = None, member: str = "w1") -> Running:
        """A worker of this stage's detector, or of another task on its topics, not started yet."""
        options = RunnerOptions(batch_size=BATCH, snapshot_every=snapshot_every, member=member)
        registry = CollectorRegistry()
        worker = Worker(self.log.open, [task or self.task], options, Metrics(registry))
        return Running(worker, registry, self.name)


class Running(NamedTuple):
    """A worker, and what it counts."""

    worker: Worker
    registry: CollectorRegistry
    name: str

    def consumed(self) -> int:
        """Input records whose outputs are committed."""
        labels = {"task": self.name, "topic": self.name}
        found = self.registry.get_sample_value("cutstream_records_consumed_total", labels)
        return int(found or 0)

    def stop(self) -> None:
        """End it in good order."""
        self.worker.stop()
        self.worker.join()


def events(topic: str, n: int, keys: int, first: int = 0) -> list[Outgoing]:
    """n events of a noisy sine per key, the keys in turn; event time advances a second per turn."""
    rng = np.random.default_rng((1, first))
    turn = np.arange(first, first + n) // keys
    phase = np.arange(first, first + n) % keys
    values = 5.0 * np.sin(2.0 * np.pi * (turn / 50.0 + phase / keys)) + rng.normal(size=n)
    made = []
    for i in range(n):
        key = f"device-{int(phase[i]):05d}"
        stamp = EPOCH + int(turn[i]) * 1000
        body = f'{{"key":"{key}","time":{stamp},"value":{values[i]:.6f}}}'
        made.append(Outgoing(topic, key.encode(), body.encode(), timestamp=stamp))
    return made


def values_of(n: int, keys: int) -> Any:
    """The values of the same n events, shape (n, 1)."""
    made = (events("any", min(5000, n - at), keys, at) for at in range(0, n, 5000))
    bodies = (event.value or b"" for chunk in made for event in chunk)
    return np.array([[float(body[body.rindex(b":") + 1 : -1])] for body in bodies])
