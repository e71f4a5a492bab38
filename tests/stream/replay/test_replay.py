from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from stream.records import Outgoing, Record, TopicPartition
from stream.replay import Progress, Replay, open_file, replay
from stream.replay.errors import ReplayError
from stream.replay.stamps import compile_stamp
from stream.transports import Transport, connect
from stream.transports.protocol import TopicSpec

PARTITIONS = 3


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Transport]:
    transport = connect(f"sqlite:///{tmp_path}/log.db")
    transport.ensure_topic(TopicSpec("t", PARTITIONS))
    yield transport
    transport.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "events.csv"
    lines = [f"2024-01-01T00:00:{n % 60:02d}Z,h{n % 7},{n}" for n in range(500)]
    file.write_text("\n".join(["time,host,n", *lines]))
    return file


def values(log: Transport) -> list[bytes | None]:
    """Every value of the topic, in the order of the file."""
    records = [record for p in range(PARTITIONS) for record in log.read(TopicPartition("t", p), 0)]
    return [record.value for record in sorted(records, key=row)]


def row(record: Record) -> int:
    return int(dict(record.headers)["cutstream.replay.row"])


def how(**changes: object) -> Replay:
    stamp = compile_stamp(["host"], "time")
    return Replay(topic="t", stamp=stamp, batch_size=10, **changes)  # type: ignore[arg-type]  # names are checked


class StopAfter:
    """A stop that is set once so many events were sent."""

    def __init__(self, events: int) -> None:
        self.events, self.stop = events, Event()

    def __call__(self, done: Progress) -> None:
        if done.sent >= self.events:
            self.stop.set()


def test_every_row_arrives_once_with_key_time_and_place(log: Transport, path: Path) -> None:
    done = replay(log, open_file(path), how())
    assert (done.skipped, done.sent, done.position) == (0, 500, path.stat().st_size)
    assert values(log) == [row.value for row in open_file(path).rows(0)]
    record = next(iter(log.read(TopicPartition("t", 0), 0)))
    assert record.key == b"h%d" % (row(record) % 7)
    assert record.timestamp == 1_704_067_200_000 + row(record) % 60 * 1_000


def test_an_interrupted_replay_goes_on_where_it_ended(log: Transport, path: Path) -> None:
    interruption = StopAfter(200)
    first = replay(log, open_file(path), how(), report=interruption, stop=interruption.stop)
    assert first.sent == 200
    second = replay(log, open_file(path), how())
    assert (second.skipped, second.sent) == (200, 300)
    assert values(log) == [row.value for row in open_file(path).rows(0)]
    assert replay(log, open_file(path), how())[:2] == (500, 0)


def test_others_may_write_to_the_topic_in_between(log: Transport, path: Path) -> None:
    interruption = StopAfter(100)
    replay(log, open_file(path), how(), report=interruption, stop=interruption.stop)
    log.append([Outgoing("t", None, b"{}", (), None, p) for p in range(PARTITIONS)] * 2_500)
    assert replay(log, open_file(path), how())[:2] == (100, 400)


def test_a_copy_under_another_name_is_the_same_file(log: Transport, path: Path) -> None:
    replay(log, open_file(path), how())
    copy = path.rename(path.with_name("renamed.csv"))
    assert replay(log, open_file(copy), how()).sent == 0
    copy.write_text(copy.read_text() + "\n,h1,501")
    assert replay(log, open_file(copy), how()).sent == 501


def test_restart_sends_everything_again(log: Transport, path: Path) -> None:
    replay(log, open_file(path), how())
    assert replay(log, open_file(path), how(restart=True))[:2] == (0, 500)
    assert len(values(log)) == 1_000


def test_what_precedes_a_broken_line_is_sent(log: Transport, tmp_path: Path) -> None:
    path = tmp_path / "broken.csv"
    path.write_text("a,b\n" + "1,2\n" * 25 + "3\n")
    with pytest.raises(ReplayError, match="Line 27"):
        replay(log, open_file(path), how())
    assert len(values(log)) == 25


class Clock:
    """A clock that only moves while somebody waits."""

    def __init__(self) -> None:
        self.now = 100.0
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now

    def is_set(self) -> bool:
        return False

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        self.now += seconds
        return False


def test_the_rate_is_kept(log: Transport, path: Path) -> None:
    clock = Clock()
    replay(log, open_file(path), how(rate=40.0), stop=clock, clock=clock)  # type: ignore[arg-type]  # a stand-in
    assert clock.now == pytest.approx(100.0 + 500 / 40)
    # At most a tenth of a second's events go at once.
    assert max(clock.waits) == pytest.approx(0.1)


def test_a_rate_below_one_sends_single_events(log: Transport, path: Path) -> None:
    clock = Clock()
    replay(log, open_file(path), how(rate=0.5), stop=clock, clock=clock)  # type: ignore[arg-type]  # a stand-in
    assert set(clock.waits) == {2.0}
