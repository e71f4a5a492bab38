"""Two workers on one real log."""

from __future__ import annotations

from contextlib import closing

from prometheus_client import CollectorRegistry

from stream.metrics import Metrics
from stream.records import Outgoing, TopicPartition
from stream.runtime.options import RunnerOptions
from stream.runtime.worker import Worker
from stream.transports import connect
from tests.conftest import wait_until
from tests.stream.runtime.harness import Run, filled, outputs, replay_length
from tests.stream.runtime.toy import ToyTask

TASK = ToyTask(4)
COUNT = 2000


def test_workers_that_come_and_go_leave_no_trace(tmp_path):
    calm = filled(TASK, COUNT, keys=40)
    Run(TASK, calm)()
    url = f"sqlite:///{tmp_path}/log.db"
    with closing(connect(url)) as log:
        for spec in TASK.topics:
            log.ensure_topic(spec)
        inputs = inputs_of(calm)
        log.append(inputs[: COUNT // 2])
        first, second = worker(url, "w1"), worker(url, "w2")
        first.start()
        wait_until(lambda: shares(first) == 4)
        second.start()
        wait_until(lambda: (shares(first), shares(second)) == (2, 2))
        log.append(inputs[COUNT // 2 :])
        wait_until(lambda: written(log) >= COUNT * 3 // 4)
        first.stop()
        assert first.join(30.0)
        wait_until(lambda: written(log) == COUNT)
        second.stop()
        assert second.join(30.0)
        assert outputs(log) == outputs(calm)
        assert outputs(log, "toy.dlq") == outputs(calm, "toy.dlq")
        assert replay_length(log, TASK) == 0


def inputs_of(calm):
    """The same events in the same partitions, oldest first."""
    records = [
        record
        for partition in range(4)
        for record in calm.read(TopicPartition("events", partition), 0)
    ]
    return [
        Outgoing("events", r.key, r.value, (), r.timestamp, r.partition)
        for r in sorted(records, key=lambda record: record.timestamp)
    ]


def worker(url, member):
    options = RunnerOptions(member=member, batch_size=20, poll_timeout=0.05, snapshot_every=100)
    return Worker(lambda: connect(url), [TASK], options, Metrics(CollectorRegistry()))


def shares(running):
    return len(running.status().tasks[0].partitions)


def written(log):
    topics = log.topics()
    return sum(end for name in ("toy", "toy.dlq") for _, end in topics[name].bounds)
