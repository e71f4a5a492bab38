"""A follower in a thread of its own, until it is closed."""

from __future__ import annotations

from threading import Event

from structlog.testing import capture_logs

from stream.live import follower as module
from stream.records import TopicPartition
from tests.conftest import wait_until
from tests.stream.live.follower.followers import check, make
from tests.stream.runtime.harness import Run, events, filled
from tests.stream.runtime.toy import ToyTask


def test_in_a_thread_of_its_own_it_follows_until_it_is_closed() -> None:
    task = ToyTask()
    transport = filled(task, 100)
    follower = make(task, transport, interval=0.01)
    follower.start()
    wait_until(lambda: [p.offset for p in follower.status().partitions] == [100])
    transport.append(events(50, 7, 3))
    wait_until(lambda: [p.offset for p in follower.status().partitions] == [150])
    follower.close()
    check(task, transport, follower)


def test_closing_gives_up_a_restore() -> None:
    task = ToyTask()
    transport = filled(task)
    Run(task, transport)()
    read, reached, go = transport.read, Event(), Event()

    def slow(tp: TopicPartition, start: int, stop: int | None = None):
        for record in read(tp, start, stop):
            reached.set()
            assert go.wait(30)
            yield record

    transport.read = slow
    follower = make(task, transport)
    follower.start()
    assert reached.wait(30)
    follower._stop.set()
    go.set()
    follower.close()
    assert follower.held() == {}


def test_closing_does_not_wait_for_a_log_that_is_away(monkeypatch) -> None:
    monkeypatch.setattr(module, "GRACE", 0.05)
    task = ToyTask()
    transport = filled(task)
    reached, go = Event(), Event()

    def stuck() -> None:
        reached.set()
        assert go.wait(30)

    transport.topics = stuck  # type: ignore[method-assign,assignment]  # the fault itself
    follower = make(task, transport)
    follower.start()
    assert reached.wait(30)
    with capture_logs() as logs:
        follower.close()
    go.set()
    assert [entry["event"] for entry in logs] == ["follower_left_behind"]
    follower._thread.join(30)
