"""Two steps, each exactly once: whatever crashes, every record is scored once, in the order of the internal log."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from contextlib import closing, suppress

from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry

from stream.codec.origin import original
from stream.metrics import Metrics
from stream.records import Outgoing, Record, TopicPartition
from stream.runtime.options import RunnerOptions
from stream.runtime.worker import Worker
from stream.settings import loads
from stream.tasks.detect import DetectTask
from stream.tasks.rekey import RekeyTask
from stream.transports import connect
from tests.conftest import wait_until
from tests.stream.runtime.harness import Run, outputs
from tests.stream.runtime.memory import Crash, Faults, Faulty, MemoryTransport
from tests.stream.tasks.fakes import CountingBank

PARTITIONS, COUNT, ENTITIES = 3, 240, 7
SETTINGS = loads(
    f"""
    detectors:
      pumps: {{input: {{topic: readings, partitions: {PARTITIONS}, key: pump, features: [flow]}}}}
    """
)
REKEY = RekeyTask(SETTINGS, "pumps")
DETECT = DetectTask(SETTINGS, "pumps", CountingBank)
INTERNAL = REKEY.topics[1].name


def readings() -> list[Outgoing]:
    """Readings of every pump in every partition, with keys of their own, and some that are none."""
    chance = random.Random(3)
    return [reading(at, chance) for at in range(COUNT)]


def reading(at: int, chance: random.Random) -> Outgoing:
    pump = f"pump-{chance.randrange(ENTITIES)}"
    value: bytes | None = json.dumps({"pump": pump, "flow": chance.randrange(300)}).encode()
    key: bytes | None = chance.choice([None, b"any", b""])
    kind = chance.random()
    if kind < 0.03:
        value = b"{ not json"
    elif kind < 0.06:
        value = json.dumps({"pump": pump, "flow": "text"}).encode()
    elif kind < 0.1:
        key, value = pump.encode(), None
    return Outgoing("readings", key, value, (("n", b"%d" % at),), 1_000 + at, at % PARTITIONS)


def declared(log):
    for spec in (*REKEY.topics, *DETECT.topics):
        log.ensure_topic(spec)
    return log


def fresh():
    transport = declared(MemoryTransport())
    transport.append(readings())
    return transport


def everything(log, topic) -> list[Record]:
    return [
        record
        for partition in range(PARTITIONS)
        for record in log.read(TopicPartition(topic, partition), 0)
    ]


def letters(log, topic="readings.dlq"):
    """Every dead letter, in the order of its original's time; its own place is of no matter."""
    return sorted((record[3:] for record in everything(log, topic)), key=lambda found: found[0])


def check_the_first_step(log) -> None:
    """Every input record went on once, or was refused once, and those of a partition stay in order."""
    copies = defaultdict(list)
    for partition in range(PARTITIONS):
        by_input = defaultdict(list)
        for copy in log.read(TopicPartition(INTERNAL, partition), 0):
            record = original(copy)
            copies[record].append(copy)
            by_input[record.partition].append(record.offset)
        assert all(offsets == sorted(offsets) for offsets in by_input.values())
    assert all(len(found) == 1 for found in copies.values())
    refused = [r for r in everything(log, "readings") if r.value == b"{ not json"]
    assert len(refused) > 0
    assert set(everything(log, "readings")) - set(copies) == set(refused)
    partitions = defaultdict(set)
    for (copy,) in copies.values():
        partitions[copy.key].add(copy.partition)
    assert all(len(found) == 1 for found in partitions.values())
    assert len(partitions) == ENTITIES


def check_the_second_step(log) -> None:
    """Scores, alerts and dead letters are those of an undisturbed run over the same internal log."""
    calm = declared(MemoryTransport())
    calm.append(
        [
            Outgoing(INTERNAL, r.key, r.value, r.headers, r.timestamp, r.partition)
            for r in everything(log, INTERNAL)
        ]
    )
    Run(DETECT, calm)()
    for topic in ("readings.scores", "readings.alerts"):
        assert outputs(log, topic) == outputs(calm, topic)
    at_first = [r for r in letters(log) if r not in letters(calm)]
    assert len(letters(log)) == len(at_first) + len(letters(calm))
    assert all(value == b"{ not json" for _, _, value, _ in at_first)


def test_an_undisturbed_run_tells_of_the_original_records() -> None:
    log = fresh()
    Run(REKEY, log)()
    Run(DETECT, log)()
    check_the_first_step(log)
    check_the_second_step(log)
    inputs = {record[:3]: record for record in everything(log, "readings")}
    scores = everything(log, "readings.scores")
    for score in scores:
        told = json.loads(score.value)
        source = told["source"]
        place = (source["topic"], source["partition"], source["offset"])
        assert json.loads(inputs[place].value)["pump"] == told["entity"] == score.key.decode()
        assert dict(score.headers)["ce_id"].decode() == "{}-{}-{}-pumps".format(*place)
        assert score.timestamp == inputs[place].timestamp
    for letter in everything(log, "readings.dlq"):
        headers = dict(letter.headers)
        place = tuple(
            headers[f"cutstream.error.{part}"] for part in ("topic", "partition", "offset")
        )
        found = inputs[(place[0].decode(), int(place[1]), int(place[2]))]
        assert (letter.key, letter.value, letter.timestamp) == (
            found.key,
            found.value,
            found.timestamp,
        )
        assert letter.headers[: len(found.headers)] == found.headers
        assert not any(name.startswith("cutstream.origin") for name in headers)
    forgotten = [record for record in inputs.values() if record.value is None]
    assert len(forgotten) > 0
    assert len(scores) + len(everything(log, "readings.dlq")) + len(forgotten) == COUNT


@given(
    lives=st.lists(
        st.tuples(st.sampled_from([REKEY, DETECT]), st.integers(1, 120), st.booleans()), max_size=6
    ),
    batch_size=st.integers(1, 60),
    snapshot_every=st.integers(1, 90),
)
@settings(max_examples=60, deadline=None)
def test_crashes_of_either_step_leave_no_trace(lives, batch_size, snapshot_every) -> None:
    log = fresh()
    options = {"batch_size": batch_size, "snapshot_every": snapshot_every}
    for task, at, after in lives:
        with suppress(Crash):
            Run(task, Faulty(log, Faults(at, after)), **options)()
    Run(REKEY, log, **options)()
    Run(DETECT, log, **options)()
    check_the_first_step(log)
    check_the_second_step(log)


def worker(url: str, member: str) -> Worker:
    options = RunnerOptions(
        batch_size=20, poll_timeout=0.05, snapshot_every=60, session_timeout=5.0, member=member
    )
    return Worker(lambda: connect(url), [REKEY, DETECT], options, Metrics(CollectorRegistry()))


def test_two_workers_share_both_steps_on_a_real_log(tmp_path) -> None:
    url = f"sqlite:///{tmp_path}/log.db"
    expected = sum(record.value is not None for record in readings())

    def done(log) -> int:
        topics = log.topics()
        return sum(
            end for name in ("readings.scores", "readings.dlq") for _, end in topics[name].bounds
        )

    with closing(connect(url)) as log:
        declared(log)
        log.append(readings()[: COUNT // 2])
        first, second = worker(url, "w1"), worker(url, "w2")
        first.start()
        wait_until(lambda: done(log) > 20)
        second.start()
        wait_until(lambda: all(task.partitions for task in second.status().tasks))
        first.abandon()
        assert first.join(30.0)
        log.append(readings()[COUNT // 2 :])
        wait_until(lambda: done(log) == expected)
        second.stop()
        assert second.join(30.0)
        check_the_first_step(log)
        check_the_second_step(log)
