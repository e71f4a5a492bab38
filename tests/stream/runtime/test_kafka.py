"""The loop on a real Kafka: what the tests in memory promise holds there too."""

from __future__ import annotations

import random
from threading import Thread
from uuid import uuid4
from zlib import crc32

import pytest

from stream.errors import FencedError
from stream.records import TopicPartition
from stream.runtime.chunks import parse_key
from stream.transports import KafkaOptions, connect
from tests.conftest import wait_until
from tests.stream.runtime.harness import Run, events
from tests.stream.runtime.memory import Crash, Faults, Faulty, MemoryTransport
from tests.stream.runtime.toy import LAYOUT, PickyState, PickyTask

COUNT = 400
PARTITIONS = 2
SIZE = LAYOUT.size + 4


class HugeState(PickyState):
    """One entity's state is now and then larger than three records may be."""

    def dump(self, entity):
        return super().dump(entity) + self._filling(entity)

    def _filling(self, entity):
        seen = self.states[entity][0]
        return random.Random(seen).randbytes(3_500_000) if entity == b"k0" and seen % 3 else b""

    def load(self, entity, state, valid_at):
        super().load(entity, state[:SIZE], valid_at)
        assert state[SIZE:] == self._filling(entity)


class HugeTask(PickyTask):
    """The toy task, in topics of its own."""

    def __init__(self, suffix):
        super().__init__(PARTITIONS, f"toy-{suffix}")
        self.inputs = (f"events-{suffix}",)
        self.topics = (self.topics[0]._replace(name=self.inputs[0]), *self.topics[1:])

    def open(self, tp):
        return HugeState(self.name, tp)


@pytest.fixture
def task():
    return HugeTask(uuid4().hex[:8])


@pytest.fixture(params=["kafka-python", "confluent"])
def log(kafka_address, request):
    options = KafkaOptions(client=request.param, retry_for=5.0)
    transport = connect(f"kafka://{kafka_address}", options)
    yield transport
    transport.close()


def prepare(task, transport):
    for spec in task.topics:
        transport.ensure_topic(spec)
    made = events(COUNT, 7, nulls=0.03, poison=0.03)
    transport.append(
        [e._replace(topic=task.inputs[0], partition=crc32(e.key or b"") % PARTITIONS) for e in made]
    )


def outputs(task, transport):
    """Everything but the offsets, which on Kafka have gaps."""
    return {
        (topic, partition): [
            record[3:] for record in transport.read(TopicPartition(topic, partition), 0)
        ]
        for topic in (task.name, f"{task.name}.dlq")
        for partition in range(PARTITIONS)
    }


def undisturbed(task):
    transport = MemoryTransport()
    prepare(task, transport)
    Run(task, transport)()
    return outputs(task, transport)


def committed(task, transport):
    return sum(at.offset for at in transport.committed(f"cutstream.{task.name}").values())


def live(task, transport, **options):
    """A runner in a thread of its own, that only the test stops."""
    settings = {"poll_timeout": 0.2, "session_timeout": 6.0, "retry_first": 0.01, **options}
    run = Run(task, transport, patience=10**9, **settings)
    run.errors = []

    def body():
        try:
            run()
        except BaseException as error:
            run.errors.append(error)

    run.thread = Thread(target=body, daemon=True)
    run.thread.start()
    return run


def stopped(run):
    run.stop.set()
    run.thread.join(60.0)
    assert not run.thread.is_alive()


def ends(task, transport):
    return sum(end for _, end in transport.topics()[task.inputs[0]].bounds)


@pytest.mark.parametrize("seed", [1])
def test_crashes_leave_no_trace(task, log, seed):
    prepare(task, log)
    chance = random.Random(seed)
    options = {"batch_size": 40, "snapshot_every": 60}
    for _ in range(3):
        faults = Faults(chance.randrange(1, 5), chance.random() < 0.5, only="commit")
        crashing = live(task, Faulty(log, faults), **options)
        crashing.thread.join(60.0)
        assert [type(error) for error in crashing.errors] in ([Crash], [])
        assert crashing.metric("cutstream_replay_mismatch_total") == 0
        if not crashing.errors:
            break
    last = live(task, log, **options)
    wait_until(lambda: committed(task, log) >= COUNT, 60.0)
    stopped(last)
    assert last.errors == []
    assert last.metric("cutstream_replay_mismatch_total") == 0
    assert last.metric("cutstream_corrupt_snapshots_total") == 0
    assert outputs(task, log) == undisturbed(task)
    numbers = {
        parse_key(record.key).chunk
        for partition in range(PARTITIONS)
        for record in log.read(TopicPartition(task.snapshot_topic, partition), 0)
    }
    assert numbers >= {0, 1, 2, 3}


def test_a_newer_member_of_the_same_name_ends_the_older(task, log):
    prepare(task, log)
    older = live(task, log, batch_size=40)
    wait_until(lambda: committed(task, log) >= COUNT, 60.0)
    newer = live(task, log, batch_size=40)
    older.thread.join(60.0)
    assert [type(error) for error in older.errors] == [FencedError]
    assert older.runner.status().phase == "failed"
    wait_until(lambda: newer.runner.status().ready, 60.0)
    stopped(newer)
    assert newer.errors == []
    assert outputs(task, log) == undisturbed(task)


def test_a_marker_behind_the_last_record_is_no_lag(task, log):
    prepare(task, log)
    run = live(task, log)
    now = iter(range(0, 10**6, 10))
    run.runner._lag._clock = lambda: float(next(now))
    wait_until(lambda: committed(task, log) >= COUNT, 60.0)
    assert ends(task, log) > COUNT
    wait_until(lambda: [p.lag for p in run.runner.status().partitions] == [0, 0], 30.0)
    stopped(run)
