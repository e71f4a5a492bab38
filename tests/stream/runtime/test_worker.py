"""All tasks of a process: threads, health, housekeeping, signals."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from threading import Event, Thread

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from models.errors import InvalidParameter
from stream.errors import TransportUnavailable
from stream.metrics import Metrics
from stream.runtime import signals
from stream.runtime.options import RunnerOptions
from stream.runtime.worker import Worker
from tests.conftest import wait_until
from tests.stream.runtime.harness import Run, filled, outputs, replay_length
from tests.stream.runtime.memory import MemoryTransport
from tests.stream.runtime.toy import ToyState, ToyTask

TASK = ToyTask(partitions=2)


class Waiting(MemoryTransport):
    """Polls that find nothing wait a little, as those of a real log do."""

    def session(self, *args, **kwargs):
        session = super().session(*args, **kwargs)
        poll, pause = session.poll, Event()

        def patient(max_records, timeout):
            polled = poll(max_records, timeout)
            if not polled.records:
                pause.wait(timeout)
            return polled

        session.poll = patient
        return session


def log_of(task=TASK, count=300):
    transport = filled(task, count)
    transport.__class__ = Waiting
    return transport


def make(transport, *tasks, **options):
    registry = CollectorRegistry()
    settings = {"poll_timeout": 0.01, "batch_size": 50, "member": "w1", **options}
    worker = Worker(
        lambda: transport, tasks or [TASK], RunnerOptions(**settings), Metrics(registry)
    )
    return worker, registry


def done(transport, count=300, task="toy"):
    logs = transport.logs
    return lambda: sum(len(logs[tp]) for tp in logs if tp[0] in (task, f"{task}.dlq")) >= count


class Stuck(ToyTask):
    """A task whose first batch lasts until it is let go."""

    def __init__(self, name="toy"):
        super().__init__(name=name)
        self.entered, self.go = Event(), Event()

    def open(self, tp):
        state, process = ToyState(self.name, tp), ToyState.process

        def held(records):
            self.entered.set()
            assert self.go.wait(30.0)
            return process(state, records)

        state.process = held
        return state


class Broken(ToyTask):
    """A task on a machine with a fault of its own."""

    def open(self, tp):
        state = ToyState(self.name, tp)

        def fail(records):
            raise OSError("a fault of the machine")

        state.process = fail
        return state


def away(*_):
    raise TransportUnavailable("The log is away.")


def expected():
    transport = filled(TASK)
    Run(TASK, transport)()
    return outputs(transport)


def test_a_worker_runs_until_it_is_stopped_and_leaves_nothing_to_be_replayed():
    transport = log_of()
    worker, registry = make(transport)
    assert worker.status().live
    assert not worker.status().ready
    worker.start()
    wait_until(done(transport))
    wait_until(lambda: worker.status().ready)
    assert not worker.join(0.0)
    worker.stop()
    assert worker.join(30.0)
    assert outputs(transport) == expected()
    assert replay_length(transport, TASK) == 0
    assert transport.groups["cutstream.toy"].members == {}
    status = worker.status()
    assert (status.live, status.ready, status.tasks[0].phase) == (True, False, "stopped")
    assert [p.offset for p in status.tasks[0].partitions] == [
        end for _, end in transport.topics()["events"].bounds
    ]
    consumed = {"task": "toy", "topic": "events"}
    assert registry.get_sample_value("cutstream_records_consumed_total", consumed) == 300


def test_tasks_run_side_by_side():
    tasks = [ToyTask(2, "toy"), ToyTask(2, "other")]
    transport = log_of(tasks[0])
    for spec in tasks[1].topics:
        transport.ensure_topic(spec)
    worker, _ = make(transport, *tasks)
    worker.start()
    wait_until(done(transport))
    wait_until(done(transport, task="other"))
    worker.stop()
    assert worker.join(30.0)
    assert len(outputs(transport)) == len(outputs(transport, "other"))


def test_an_abandoned_worker_leaves_without_its_last_snapshots():
    transport = log_of()
    worker, _ = make(transport, snapshot_every=1000)
    worker.start()
    wait_until(done(transport))
    worker.abandon()
    assert worker.join(30.0)
    assert replay_length(transport, TASK) > 0


def test_a_task_that_fails_stops_the_others_and_is_told_of():
    tasks = [ToyTask(1, "toy"), Broken(1, "broken")]
    transport = log_of(tasks[0])
    worker, _ = make(transport, *tasks)
    with capture_logs() as logs:
        worker.start()
        with pytest.raises(OSError, match="a fault of the machine"):
            worker.join(30.0)
    status = worker.status()
    assert not status.live
    assert {task.task: task.phase for task in status.tasks} == {
        "toy": "stopped",
        "broken": "failed",
    }
    assert status.tasks[1].error == "a fault of the machine"
    assert any(entry["event"] == "task_failed" for entry in logs)
    assert transport.groups["cutstream.toy"].members == {}


def test_a_task_with_two_inputs_is_refused_at_once():
    task = ToyTask()
    task.inputs = ("events", "labels")
    closed = []
    transport = log_of()
    transport.close = lambda: closed.append(True)
    with pytest.raises(InvalidParameter, match="'inputs' of task 'toy' must be one topic"):
        make(transport, task)
    assert closed == [True, True]


def test_a_member_stays_in_its_group_while_its_batch_is_long():
    task = Stuck()
    transport = log_of(task)
    worker, _ = make(transport, task, session_timeout=0.03)
    worker.start()
    assert task.entered.wait(30.0)
    (session,) = transport.groups["cutstream.toy"].members.values()
    before = session.heartbeats
    wait_until(lambda: session.heartbeats > before + 1)
    task.go.set()
    worker.stop()
    assert worker.join(30.0)


def test_a_member_that_is_stuck_falls_silent():
    task = Stuck()
    transport = log_of(task)
    worker, _ = make(transport, task, stall_timeout=0.001)
    worker.start()
    assert task.entered.wait(30.0)
    (session,) = transport.groups["cutstream.toy"].members.values()
    Event().wait(0.01)
    before = session.heartbeats
    worker.heartbeat()
    assert session.heartbeats == before
    task.go.set()
    worker.stop()
    assert worker.join(30.0)


def test_a_heartbeat_that_fails_is_logged():
    transport = log_of()
    worker, _ = make(transport)
    worker.start()
    wait_until(lambda: worker.status().ready)
    (session,) = transport.groups["cutstream.toy"].members.values()

    session.heartbeat = away
    with capture_logs() as logs:
        worker.heartbeat()
    assert [entry["event"] for entry in logs] == ["heartbeat_failed"]
    worker.stop()
    assert worker.join(30.0)


def test_one_of_several_workers_applies_retention():
    transport = log_of()
    first, _ = make(transport, member="w1")
    second, _ = make(transport, member="w2")
    first.start()
    wait_until(lambda: len(first.status().tasks[0].partitions) == 2)
    second.start()
    wait_until(lambda: len(second.status().tasks[0].partitions) == 1)
    wait_until(lambda: len(first.status().tasks[0].partitions) == 1)
    for worker in (first, second):
        worker.apply_retention()
    assert transport.retentions == 1
    for worker in (first, second):
        worker.stop()
        assert worker.join(30.0)


def test_retention_is_counted_and_may_fail():
    transport = log_of()
    transport.apply_retention = lambda now_ms: 7
    worker, registry = make(transport)
    worker.start()
    wait_until(lambda: worker.status().ready)
    wait_until(lambda: len(worker.status().tasks[0].partitions) == 2)
    worker.apply_retention()
    assert registry.get_sample_value("cutstream_retention_deleted_records_total") == 7

    transport.apply_retention = away
    with capture_logs() as logs:
        worker.apply_retention()
    assert [entry["event"] for entry in logs] == ["retention_failed"]
    worker.stop()
    assert worker.join(30.0)


def signalled(monkeypatch, worker, act: Callable[[], None]) -> bool:
    """Run the worker in this thread, as a process does, while another thread acts on it."""
    monkeypatch.setattr(signals, "CHECK_INTERVAL", 0.01)
    actor = Thread(target=act)
    actor.start()
    try:
        return signals.run_until_signal(worker)
    finally:
        actor.join()


def test_the_first_signal_ends_it_in_good_order(monkeypatch):
    transport = log_of()
    worker, _ = make(transport)
    before = signal.getsignal(signal.SIGTERM)

    def act():
        wait_until(done(transport))
        os.kill(os.getpid(), signal.SIGTERM)

    assert signalled(monkeypatch, worker, act)
    assert replay_length(transport, TASK) == 0
    assert outputs(transport) == expected()
    assert signal.getsignal(signal.SIGTERM) is before


def test_the_second_signal_ends_it_now(monkeypatch):
    monkeypatch.setattr(signals, "GRACE", 0.01)
    task = Stuck()
    transport = log_of(task)
    worker, _ = make(transport, task)

    def act():
        assert task.entered.wait(30.0)
        os.kill(os.getpid(), signal.SIGINT)
        wait_until(lambda: worker.stopping)
        os.kill(os.getpid(), signal.SIGTERM)

    assert not signalled(monkeypatch, worker, act)
    assert outputs(transport) == {0: []}
    task.go.set()
    assert worker.join(30.0)
