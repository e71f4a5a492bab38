from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Event

import msgspec
import pytest

from stream.demo.play import Count, DetectorPlayer, watch
from stream.demo.series import Series, TimedEvent
from stream.records import Outgoing, TopicPartition
from stream.settings import DetectorSettings
from stream.transports import Transport, connect
from stream.transports.protocol import TopicSpec
from tests.conftest import wait_until
from tests.stream.demo.scores import score

ROWS = 2_500


def numbers() -> Iterator[TimedEvent]:
    for row in range(ROWS):
        yield b"%d" % row, row


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Transport]:
    transport = connect(f"sqlite:///{tmp_path}/log.db")
    for name in ("t", "t.scores", "t.dlq"):
        transport.ensure_topic(TopicSpec(name))
    yield transport
    transport.close()


@pytest.fixture
def detector() -> DetectorSettings:
    from stream.settings import loads

    return loads("detectors: {d: {input: {topic: t, features: [x]}}}").detectors["d"]


def player(log: Transport, detector: DetectorSettings, rows: int = ROWS) -> DetectorPlayer:
    return DetectorPlayer(log, Series("d", rows, numbers, list, "nowhere"), detector)


def scored(log: Transport, status: str, rows: range) -> None:
    values = [msgspec.json.encode(score(row, status)) for row in rows]
    log.append([Outgoing("t.scores", None, value) for value in values])


def test_a_player_sends_every_event_in_order_and_counts_what_comes_back(
    log: Transport, detector: DetectorSettings
) -> None:
    one = player(log, detector)
    one.start()
    wait_until(lambda: one.look().sent == ROWS)
    records = list(log.read(TopicPartition("t", 0), 0))
    assert [(r.value, r.timestamp) for r in records] == list(numbers())
    scored(log, "normal", range(ROWS - 3))
    scored(log, "anomaly", range(ROWS - 3, ROWS - 1))
    assert (one.look().done, one.look().told, one.look().lag) == (ROWS - 1, "2 anomalies", 1)
    assert not one.look().complete
    log.append([Outgoing("t.dlq", None, b"")])
    assert one.look().complete
    assert [record.source.offset for record in one.flagged] == [ROWS - 3, ROWS - 2]


def test_what_stops_the_sending_is_raised_by_the_next_look(
    log: Transport, detector: DetectorSettings
) -> None:
    def broken() -> Iterator[TimedEvent]:
        yield b"{}", 0
        raise OSError("the file is gone")

    one = DetectorPlayer(log, Series("d", 2, broken, list, "nowhere"), detector)
    one.start()
    with pytest.raises(OSError, match="the file is gone"):
        wait_until(lambda: one.look().complete)


def test_watching_ends_with_the_data_a_stop_or_the_worker(
    log: Transport, detector: DetectorSettings
) -> None:
    seen: list[list[Count]] = []
    waiting, stop = player(log, detector), Event()
    assert not watch([waiting], seen.append, stop, lambda: False)
    stop.set()
    assert not watch([waiting], seen.append, stop, lambda: True)
    assert watch([player(log, detector, rows=0)], seen.append, Event(), lambda: True)
    assert len(seen) == 3
