"""Somebody else's open transaction in a topic holds up its own partition only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from stream.cli.tail import following
from stream.errors import TransportUnavailable
from stream.live.follower import Follower
from stream.query.tail import TopicTail
from stream.records import Outgoing, Record, TopicPartition
from stream.runtime import lag
from stream.runtime.options import RunnerOptions
from tests.stream.runtime.harness import Run, outputs
from tests.stream.runtime.memory import MemoryTransport
from tests.stream.runtime.toy import ToyTask

TASK = ToyTask(2)
HELD, FREE = TopicPartition("events", 0), TopicPartition("events", 1)
STABLE, COUNT = 3, 5


class Held(MemoryTransport):
    """One partition cannot be read from STABLE on; who waits for that waits in vain."""

    def readable(self, tp: TopicPartition) -> int:
        return min(self.end(tp), STABLE) if tp == HELD else self.end(tp)

    def read(
        self,
        tp: TopicPartition,
        start: int,
        stop: int | None = None,
        *,
        newest: bool = False,
    ) -> Iterator[Record]:
        readable = self.readable(tp)
        # Members of a group read without an end, and do not wait.
        until = readable if stop is None else min(stop, readable)
        yield from super().read(tp, start, until, newest=newest)
        if stop is not None and stop > readable:
            raise TransportUnavailable("Somebody holds a transaction open.")


@pytest.fixture
def transport() -> Held:
    held = Held()
    for spec in TASK.topics:
        held.ensure_topic(spec)
    for tp in (HELD, FREE):
        held.append(
            [Outgoing("events", b"k", b"%d" % i, (), 1, tp.partition) for i in range(COUNT)]
        )
    return held


def test_a_worker_goes_on(transport: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lag, "INTERVAL", 0.0)
    run = Run(TASK, transport)()
    assert [len(found) for found in outputs(transport).values()] == [STABLE, COUNT]
    assert run.metric("cutstream_log_unavailable_total") == 0
    lags = {p: run.metric(lag.table.LAG_RECORDS.name, topic="events", partition=p) for p in "01"}
    assert lags == {"0": COUNT - STABLE, "1": 0}


def test_a_follower_goes_on(transport: Held) -> None:
    follower = Follower(TASK, transport, RunnerOptions())
    assert follower.refresh() == STABLE + COUNT
    assert {tp: owned.offset for tp, owned in follower.held().items()} == {
        HELD: STABLE,
        FREE: COUNT,
    }
    assert [place.lag for place in follower.status().partitions] == [COUNT - STABLE, 0]


class Taken:
    """Takes records in."""

    def __init__(self) -> None:
        self.offsets: list[tuple[int, int]] = []

    def add(self, partition: int, records: Sequence[Record]) -> None:
        self.offsets += [(partition, record.offset) for record in records]

    def drop(self, partition: int, below: int) -> None:
        pass


def test_a_view_goes_on_and_misses_nothing(
    transport: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = Taken()
    tail = TopicTail(transport, "events", taken)
    assert tail.refresh(transport.topics()["events"]) == STABLE + COUNT
    assert tail.refresh(transport.topics()["events"]) == 0
    monkeypatch.setattr(Held, "readable", MemoryTransport.readable)  # it was committed
    assert tail.refresh(transport.topics()["events"]) == COUNT - STABLE
    assert sorted(taken.offsets) == [(p, at) for p in (0, 1) for at in range(COUNT)]


def test_the_command_line_goes_on(transport: Held) -> None:
    found = following(transport, "events", [0, 0], None)
    assert [next(found).partition for _ in range(STABLE + COUNT)] == [0] * STABLE + [1] * COUNT
