"""What a runner says of itself while it works."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from stream.errors import FencedError
from stream.metrics import Observed
from stream.runtime.runner import TaskRunner
from tests.stream.runtime.harness import Run, filled, outputs, replay_length
from tests.stream.runtime.memory import Faults, Faulty, MemoryTransport
from tests.stream.runtime.toy import ToyState, ToyTask

TASK = ToyTask()
PLACE = {"topic": "events", "partition": "0"}


class ToldState(ToyState):
    """A toy state that tells what it does, replays included."""

    def __init__(self, topic, tp):
        super().__init__(topic, tp)
        self.told = Counter()

    def process(self, records):
        step = super().process(records)
        for output in step.outputs:
            self.told["letter" if output.entity is None else "scored"] += 1
        return step

    def observed(self):
        told, self.told = self.told, Counter()
        scores = np.full(told["scored"], 1.5)
        return Observed({"normal": told["scored"]}, scores, {"null_key": told["letter"]})


class ToldTask(ToyTask):
    def open(self, tp):
        return ToldState(self.name, tp)


def test_what_a_state_tells_is_counted_once_however_often_it_is_replayed():
    task = ToldTask()
    transport = filled(task)
    first = Run(task, transport, polls=4, graceful=False)()
    assert replay_length(transport, task) > 0
    second = Run(task, transport)()
    assert second.metric("cutstream_replayed_records_total") > 0

    def told(name, **labels):
        return first.metric(name, **labels) + second.metric(name, **labels)

    scored, letters = len(outputs(transport)[0]), len(outputs(transport, "toy.dlq")[0])
    assert told("cutstream_decisions_total", status="normal") == scored
    assert told("cutstream_dead_letters_total", reason="null_key") == letters
    assert told("cutstream_score_bucket", le="1.5") == scored
    assert told("cutstream_score_bucket", le="1.0") == 0


def test_a_run_counts_what_it_reads_and_writes():
    transport = filled(TASK)
    run = Run(TASK, transport)()
    snapshots = outputs(transport, "toy.snapshots")[0]
    assert run.metric("cutstream_records_consumed_total", topic="events") == 300
    for topic in ("toy", "toy.dlq"):
        written = len(outputs(transport, topic)[0])
        assert run.metric("cutstream_records_produced_total", topic=topic) == written
    assert run.metric("cutstream_snapshots_written_total") == len(snapshots)
    assert run.metric("cutstream_snapshot_bytes_total") == sum(len(r[3]) for r in snapshots)
    assert run.metric("cutstream_snapshot_age_offsets", **PLACE) == 0
    assert run.metric("cutstream_restoring", **PLACE) == 0
    assert run.metric("cutstream_end_to_end_latency_seconds_count") == 300
    for name in ("batch", "step"):
        assert run.metric(f"cutstream_{name}_duration_seconds_count") == 6
    assert run.metric("cutstream_commit_duration_seconds_count") == 7
    assert run.metric("cutstream_recovery_duration_seconds_count") == 1


def test_lag_is_measured_in_records_and_seconds():
    transport = filled(TASK)
    now = iter(float(second) for second in range(10, 1000, 10))
    run = Run(TASK, transport)
    run.runner._lag._clock = lambda: next(now)
    run.stop.clear()
    session = run.runner._join()
    lags, ages = [], []
    for _ in range(8):
        run.runner._turn(session)
        lags.append(run.metric("cutstream_consumer_lag_records", **PLACE))
        ages.append(run.metric("cutstream_consumer_lag_seconds", **PLACE))
    assert lags == [300, 250, 200, 150, 100, 50, 0, 0]
    # The record of event n is of second 1 + n / 1000; the clock goes on by ten seconds a turn.
    assert ages == pytest.approx([0, 18.951, 28.901, 38.851, 48.801, 58.751, 0, 0])
    assert run.metric("cutstream_entities", **PLACE) == 7
    assert run.runner.status().partitions[0].lag == 0


def test_wall_time_is_for_metrics_only():
    transports = []
    for second in (0.0, 4e9):
        transport = filled(TASK)
        run = Run(TASK, transport)
        assert isinstance(run.runner, TaskRunner)
        run.runner._clock = run.runner._lag._clock = lambda second=second: second
        run()
        transports.append(transport)
    assert transports[0].logs == transports[1].logs
    offsets = [t.committed("cutstream.toy") for t in transports]
    assert offsets[0] == offsets[1]


def test_transactions_and_rebalances_are_counted():
    transport = filled(TASK)
    run = Run(TASK, transport)()
    assert run.metric("cutstream_transactions_committed_total") == 7
    assert run.metric("cutstream_assigned_partitions") == 1
    assert run.metric("cutstream_rebalances_total") == 1
    assert run.metric("cutstream_rebalance_duration_seconds_count") == 1


def test_transactions_that_were_given_up_are_counted_by_reason():
    transport = filled(TASK)
    faults = Faults(2, error=FencedError("The member 'w1' was fenced."), only="commit")
    run = Run(TASK, Faulty(transport, faults))()
    assert run.metric("cutstream_transactions_aborted_total", reason="fenced") == 1
    assert run.metric("cutstream_transactions_committed_total") == 7


class Marked(MemoryTransport):
    """A log in which the marker of a transaction follows the last record, as in Kafka's."""

    def topics(self):
        infos = super().topics()
        first, end = infos["events"].bounds[0]
        return {**infos, "events": infos["events"]._replace(bounds=((first, end + 1),))}

    def readable(self, tp):
        return super().readable(tp) + 1


def test_a_marker_behind_the_last_record_is_no_lag():
    transport = filled(TASK, 20)
    transport.__class__ = Marked
    now = iter(float(second) for second in range(10, 1000, 10))
    run = Run(TASK, transport)
    run.runner._lag._clock = lambda: next(now)
    session = run.runner._join()
    lags, stood = [], []
    for _ in range(5):
        run.runner._turn(session)
        lags.append(run.metric("cutstream_consumer_lag_records", **PLACE))
        stood.append(run.metric("cutstream_consumer_position_age_seconds", **PLACE))
    # Only what stands still is looked at: reading costs more than counting.
    assert lags == [21, 1, 0, 0, 0]
    assert stood == [0, 0, 10, 20, 30]
    assert run.metric("cutstream_consumer_lag_seconds", **PLACE) == 0
