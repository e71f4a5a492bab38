"""Both steps of a re-keyed detector, and what must be true of their topics however they were run."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from collections.abc import Iterable

from prometheus_client import CollectorRegistry

from stream.codec.origin import original
from stream.metrics import Metrics
from stream.records import Outgoing, Record, TopicPartition
from stream.runtime.options import RunnerOptions
from stream.runtime.worker import Worker
from stream.settings import loads
from stream.tasks.detect import DetectTask
from stream.tasks.rekey import rekey_task
from stream.transports import Transport, connect
from stream.transports.protocol import TopicInfo
from tests.conftest import wait_until
from tests.stream.runtime.harness import Run, outputs
from tests.stream.runtime.memory import MemoryTransport
from tests.stream.tasks.fakes import CountingBank

PARTITIONS, COUNT, ENTITIES = 3, 240, 7
BROKEN = b"{ not json"


class Steps:
    """A detector `name` that reads the topic `name`, whose producers do not key by the entity."""

    def __init__(self, name: str) -> None:
        settings = loads(
            f"""
            detectors:
              {name}:
                input: {{topic: {name}, partitions: {PARTITIONS}, key: pump, features: [flow]}}
            """
        )
        self.input = name
        self.rekey = rekey_task(settings, name)
        self.detect = DetectTask(settings, name, CountingBank)
        self.internal = self.detect.inputs[0]
        self.scores, self.alerts, self.letters = (
            f"{name}.{kind}" for kind in ("scores", "alerts", "dlq")
        )

    def declare(self, log: Transport) -> None:
        """Make every topic."""
        for spec in (*self.rekey.topics, *self.detect.topics):
            log.ensure_topic(spec)

    def readings(self) -> list[Outgoing]:
        """Readings of every pump in every partition, with keys of their own, and some that are none."""
        chance = random.Random(3)
        return [self._reading(at, chance) for at in range(COUNT)]

    def _reading(self, at: int, chance: random.Random) -> Outgoing:
        pump = f"pump-{chance.randrange(ENTITIES)}"
        value: bytes | None = json.dumps({"pump": pump, "flow": chance.randrange(300)}).encode()
        key: bytes | None = chance.choice([None, b"any", b""])
        kind = chance.random()
        if kind < 0.03:
            value = BROKEN
        elif kind < 0.06:
            value = json.dumps({"pump": pump, "flow": "text"}).encode()
        elif kind < 0.1:
            key, value = pump.encode(), None
        headers = (("n", b"%d" % at),)
        return Outgoing(self.input, key, value, headers, 1_000 + at, at % PARTITIONS)

    def expected(self) -> int:
        """How many scores and dead letters all readings make."""
        return sum(record.value is not None for record in self.readings())

    def done(self, log: Transport) -> int:
        """How many scores and dead letters there are."""
        return len(everything(log, self.scores)) + len(everything(log, self.letters))

    def check(self, log: Transport) -> None:
        """Raise AssertionError unless each step did all it had to, once."""
        self._check_the_first_step(log)
        self._check_the_second_step(log)

    def _check_the_first_step(self, log: Transport) -> None:
        """Every input record went on once, or was refused once; those of a partition stay in order."""
        copies: defaultdict[Record, list[Record]] = defaultdict(list)
        for partition in range(PARTITIONS):
            by_input = defaultdict(list)
            for copy in log.read(TopicPartition(self.internal, partition), 0):
                record = original(copy)
                copies[record].append(copy)
                by_input[record.partition].append(record.offset)
            assert all(offsets == sorted(offsets) for offsets in by_input.values())
        assert all(len(found) == 1 for found in copies.values())
        inputs = everything(log, self.input)
        refused = {record for record in inputs if record.value == BROKEN}
        assert len(refused) > 0
        assert set(inputs) - set(copies) == refused
        partitions = defaultdict(set)
        for (copy,) in copies.values():
            partitions[copy.key].add(copy.partition)
        assert all(len(found) == 1 for found in partitions.values())
        assert len(partitions) == ENTITIES

    def _check_the_second_step(self, log: Transport) -> None:
        """Its outputs are those of an undisturbed run over the very same internal log."""
        calm = MemoryTransport()
        self.declare(calm)
        for partition in range(PARTITIONS):
            tp = TopicPartition(self.internal, partition)
            # The same offsets too, which on Kafka have gaps.
            calm.logs[tp] = list(log.read(tp, 0))
        Run(self.detect, Gapped(calm))()  # type: ignore[arg-type]  # a stand-in
        for topic in (self.scores, self.alerts):
            assert contents(outputs(log, topic)) == contents(outputs(calm, topic))
        seconds = told(everything(calm, self.letters))
        firsts = [record for record in told(everything(log, self.letters)) if record not in seconds]
        assert len(everything(log, self.letters)) == len(firsts) + len(seconds)
        assert all(record[2] == BROKEN for record in firsts)


class Gapped:
    """A memory transport whose ends lie behind the last record, whatever its offset."""

    def __init__(self, inner: MemoryTransport) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    def topics(self) -> dict[str, TopicInfo]:
        return {
            name: info._replace(
                bounds=tuple(
                    (first, log[-1].offset + 1 if log else end)
                    for partition, (first, end) in enumerate(info.bounds)
                    for log in [self._inner.logs[TopicPartition(name, partition)]]
                )
            )
            for name, info in self._inner.topics().items()
        }


def everything(log: Transport, topic: str) -> list[Record]:
    """All records of a topic, by partition."""
    return [r for p in range(PARTITIONS) for r in log.read(TopicPartition(topic, p), 0)]


def contents(partitions: dict[int, list[tuple[object, ...]]]) -> dict[int, list[object]]:
    """By partition, the records in their order, without their offsets."""
    return {partition: [r[1:] for r in records] for partition, records in partitions.items()}


def told(letters: Iterable[Record]) -> list[tuple[object, ...]]:
    """Dead letters in the order of their originals' times; their own places are of no matter."""
    return sorted((record[3:] for record in letters), key=lambda found: str(found[0]))


def worker(url: str, member: str, steps: Steps) -> Worker:
    """A worker that runs both steps in small batches."""
    options = RunnerOptions(
        batch_size=20, poll_timeout=0.05, snapshot_every=60, session_timeout=5.0, member=member
    )
    tasks = [steps.rekey, steps.detect]
    return Worker(lambda: connect(url), tasks, options, Metrics(CollectorRegistry()))


def share(url: str, log: Transport, steps: Steps) -> None:
    """Let two workers share both steps; one of them is abandoned, and the other ends the work."""
    steps.declare(log)
    log.append(steps.readings()[: COUNT // 2])
    first, second = worker(url, "w1", steps), worker(url, "w2", steps)
    first.start()
    wait_until(lambda: steps.done(log) > 20)
    second.start()
    wait_until(lambda: all(task.partitions for task in second.status().tasks))
    first.abandon()
    assert first.join(30.0)
    log.append(steps.readings()[COUNT // 2 :])
    wait_until(lambda: steps.done(log) == steps.expected())
    second.stop()
    assert second.join(30.0)
    steps.check(log)
