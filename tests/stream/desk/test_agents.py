"""The desk's agents, without a broker."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from stream import desk as module
from stream.desk import Desk
from stream.records import Record
from stream.settings.desk import DeskSettings
from stream.tables import Ledger, Outcome
from tests.stream.tables.records import ALERTS, RECOMMENDATIONS, alert, recommendation, record

SECONDS = 20.0


@contextmanager
def new_desk() -> Iterator[Desk]:
    desk = Desk(DeskSettings(alert_topics=(ALERTS,), recommendation_topics=(RECOMMENDATIONS,)))
    yield desk
    # The loop of the consumer's thread, which only starting that thread would close.
    desk.app.consumer._thread.thread_loop.close()


async def until(condition: Callable[[], bool]) -> None:
    """Return once the condition holds, which is looked at between the loop's other turns."""
    never = asyncio.Event()
    async with asyncio.timeout(SECONDS):
        while not condition():
            with suppress(TimeoutError):
                await asyncio.wait_for(never.wait(), 0.01)


async def acked(events: list[Any]) -> None:
    """Return once all have been acknowledged."""
    await until(lambda: all(event.message.acked for event in events))


async def feed(desk: Desk, topic: str, *records: Record) -> None:
    """Put records through the agent of a topic until it has acknowledged them."""
    async with desk.agents[topic].test_context() as agent:
        await acked([await agent.put(each.value, each.key, wait=False) for each in records])


def test_records_go_into_rows_and_poison_does_not_stop_them() -> None:
    async def run() -> None:
        with new_desk() as desk:
            given = (alert(0, 0), record(ALERTS, b"poison"), record(ALERTS, None), alert(1, 1))
            await feed(desk, ALERTS, *given)
            await feed(desk, RECOMMENDATIONS, recommendation(0, 0))
            (row,) = desk.ledger.alerts[ALERTS].values()
            assert (row["entity"], row["count"]) == ("a", 2)
            assert list(desk.ledger.recommendations[RECOMMENDATIONS]) == ["0/u"]

    asyncio.run(run())


def test_records_that_come_again_are_acknowledged_and_change_nothing() -> None:
    async def run() -> None:
        with new_desk() as desk:
            await feed(desk, ALERTS, alert(0, 0), alert(1, 1))
            before = dict(desk.ledger.alerts[ALERTS])
            await feed(desk, ALERTS, alert(0, 0), alert(1, 1))
            assert dict(desk.ledger.alerts[ALERTS]) == before

    asyncio.run(run())


def test_what_fails_is_not_acknowledged_and_ends_the_desk(monkeypatch: pytest.MonkeyPatch) -> None:
    take = Ledger.take

    def failing(ledger: Ledger, told: Record, now: int) -> Outcome:
        if told.offset == 1:
            raise RuntimeError("no room")
        return take(ledger, told, now)

    async def run() -> None:
        with new_desk() as desk:
            monkeypatch.setattr(Ledger, "take", failing)
            agent = desk.agents[ALERTS].test_context()
            await agent.start()
            events = [
                await agent.put(each.value, each.key, wait=False)
                for each in (alert(0, 0), alert(1, 1))
            ]
            await until(lambda: desk.app.crashed)
            assert [event.message.acked for event in events] == [False, False]
            await agent.stop()

    asyncio.run(run())


def test_the_application_is_made_where_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUTSTREAM_ALERT_TOPICS", "told")
    monkeypatch.setenv("CUTSTREAM_DESK_SESSION_TIMEOUT", "6s")
    module._desk.cache_clear()
    conf = module.app.conf
    assert module.app is module.app
    module._desk.cache_clear()
    assert (conf.id, conf.broker_session_timeout) == ("cutstream-desk", 6.0)
    assert conf.broker_heartbeat_interval == 1.5
    assert conf.web_bind == "127.0.0.1"
    with pytest.raises(AttributeError, match="nothing"):
        _ = module.nothing
