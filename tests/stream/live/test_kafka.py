"""A follower on a real Kafka: the states of two workers, through their rebalances."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread
from uuid import uuid4

import pytest
from prometheus_client import CollectorRegistry

from stream.live.follower import Follower
from stream.metrics import Metrics
from stream.records import Outgoing, TopicPartition
from stream.runtime.options import RunnerOptions
from stream.runtime.runner import TaskRunner, group_of
from stream.transports import Transport, connect
from tests.conftest import wait_until
from tests.stream.live.follower.followers import dumps
from tests.stream.runtime.harness import events
from tests.stream.runtime.toy import ToyTask

PARTITIONS = 3


@pytest.fixture
def opened(kafka_address: str) -> Iterator[Callable[[], Transport]]:
    """Connects to the broker; everything is closed afterwards."""
    transports: list[Transport] = []

    def connected() -> Transport:
        transports.append(connect(f"kafka://{kafka_address}"))
        return transports[-1]

    yield connected
    for transport in transports:
        transport.close()


@contextmanager
def running(task: ToyTask, transport: Transport, member: str) -> Iterator[TaskRunner]:
    """A runner in a thread of its own, until the end of the block."""
    stop = Event()
    options = RunnerOptions(
        batch_size=40, poll_timeout=0.05, snapshot_every=60, session_timeout=6.0, member=member
    )
    metrics = Metrics(CollectorRegistry())
    runner = TaskRunner(task, transport, options, metrics, stop=stop, abandon=Event())
    thread = Thread(target=runner.run)
    thread.start()
    try:
        yield runner
    finally:
        stop.set()
        thread.join()


def put(transport: Transport, task: ToyTask, count: int, seed: int) -> None:
    """Add keyed records to the task's input."""
    topic = task.inputs[0]
    transport.append([record._replace(topic=topic) for record in events(count, 9, seed)])


def read_up(transport: Transport, task: ToyTask) -> dict[TopicPartition, int]:
    """Where the last record of each partition ends."""
    topic = task.inputs[0]
    ends = {}
    for partition in range(PARTITIONS):
        tp = TopicPartition(topic, partition)
        ends[tp] = max((record.offset + 1 for record in transport.read(tp, 0)), default=0)
    return ends


def same(follower: Follower, runners: list[TaskRunner]) -> None:
    """Every state that a runner holds is the follower's too."""
    held = {tp: owned for runner in runners for tp, owned in runner.held().items()}
    assert set(held) == set(follower.held())
    for tp, owned in held.items():
        with owned.turn, follower.held()[tp].turn:
            assert owned.offset <= follower.held()[tp].offset
            assert dumps(owned.state) == dumps(follower.held()[tp].state)


def test_its_states_are_those_of_the_workers(opened: Callable[[], Transport]) -> None:
    name = f"follow-{uuid4().hex[:8]}"
    task = ToyTask(PARTITIONS, name, f"{name}.events")
    log = opened()
    for spec in task.topics:
        log.ensure_topic(spec)
    put(log, task, 200, 1)
    options = RunnerOptions(batch_size=40, snapshot_every=60)
    early = Follower(task, opened(), options, interval=0.05)

    def everyone_has_all(followers: list[Follower]) -> bool:
        ends = read_up(log, task)
        committed = {tp: at.offset for tp, at in log.committed(group_of(task)).items()}
        return all(
            committed.get(tp, 0) >= end
            and all(tp in f.held() and f.held()[tp].offset >= end for f in followers)
            for tp, end in ends.items()
        )

    early.start()
    try:
        with running(task, opened(), "w1") as first:
            wait_until(lambda: everyone_has_all([early]), 60)
            same(early, [first])
            with running(task, opened(), "w2") as second:
                put(log, task, 150, 2)
                wait_until(lambda: bool(first.held()) and bool(second.held()), 60)
                put(log, task, 150, 3)
                wait_until(lambda: everyone_has_all([early]), 60)
                wait_until(lambda: len(first.held()) + len(second.held()) == PARTITIONS, 60)
                same(early, [first, second])
            put(log, task, 100, 4)
            late = Follower(task, opened(), options, interval=0.05)
            late.start()
            try:
                wait_until(lambda: len(first.held()) == PARTITIONS, 60)
                wait_until(lambda: everyone_has_all([early, late]), 60)
                same(early, [first])
                same(late, [first])
            finally:
                late.close()
        replicas = early.status().partitions
        assert {(p.restarts, p.problem) for p in replicas} == {(0, None)}
        wait_until(lambda: {p.lag for p in early.status().partitions} == {0})
    finally:
        early.close()


def test_one_reads_what_one_has_written(opened: Callable[[], Transport]) -> None:
    name = f"follow-{uuid4().hex[:8]}"
    task = ToyTask(1, name, f"{name}.events")
    log = opened()
    for spec in task.topics:
        log.ensure_topic(spec)
    follower = Follower(task, opened(), RunnerOptions(), interval=0.05)
    follower.start()
    tp = TopicPartition(task.inputs[0], 0)
    try:
        wait_until(lambda: tp in follower.held())
        log.append([Outgoing(tp.topic, b"k", b"1", (), 1000, 0)])
        owned = follower.held()[tp]
        with owned.turn:
            assert owned.turn.wait_for(lambda: owned.offset > 0, 30)
            assert list(owned.state.entities()) == [b"k"]
    finally:
        follower.close()
