"""What an event costs in Faust, beside the worker's loop: why Faust is at the desk and not in the scoring path.

    python -m benchmarks.desk [--json] [--quick] [--broker kafka://127.0.0.1:9092]

The same events on the same Kafka: the worker's loop without a model (decode, answer with a score's bytes, commit;
exactly once) on both clients, and Faust agents (at least once) that decode, that also send the answer, and that also
write a table; last, the desk itself on alerts. Prints a table, or with --json one object.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any
from uuid import uuid4

import msgspec
import structlog

from benchmarks.pipeline import loop
from benchmarks.pipeline.__main__ import log_at
from benchmarks.pipeline.stage import PARTITIONS, Log, Stage
from benchmarks.report import machine, show
from stream.records import Outgoing
from stream.transports.protocol import TopicSpec

KEYS = 100
SECONDS = 600.0
Kind = str
"""decode, send, table: what a Faust agent does with an event; desk: the desk, on alerts."""
FAUST: dict[Kind, str] = {
    "decode": "Faust agent: decode, events/s",
    "send": "Faust agent: decode and send, events/s",
    "table": "Faust agent: decode and write a table, events/s",
}


def loop_rate(log: Log, client: str, n: int) -> float:
    """Events a second of the worker's loop without a model."""
    assert log.kafka is not None
    kafka = type(log.kafka)(client="confluent" if client == "confluent" else "kafka-python")
    return loop.without_model(Stage(Log(log.url, kafka), "loop"), n, KEYS)


def faust_rate(log: Log, kind: Kind, n: int) -> float:
    """Events a second of a Faust agent, in a process of its own as `faust worker` is."""
    stage = Stage(log, "faust")
    with stage.opened() as transport:
        stage.fill(transport, n, KEYS)
    return _in_a_process(_follow, log.url, stage.name, stage.scores, kind, n)


def desk_rate(log: Log, n: int) -> float:
    """Alerts a second of the desk."""
    topic = f"desk-{uuid4().hex[:8]}.alerts"
    transport = log.open()
    try:
        transport.ensure_topic(TopicSpec(topic, PARTITIONS))
        transport.append([_alert(topic, i) for i in range(n)])
    finally:
        transport.close()
    return _in_a_process(_desk, log.url, topic, n)


def _alert(topic: str, i: int) -> Outgoing:
    entity = f"device-{i % KEYS:05d}"
    value = {
        "id": f"input-0-{i}-bench-alert",
        "detector": "bench",
        "entity": entity,
        "time": f"2024-05-01T12:{i // 60 % 60:02d}:{i % 60:02d}Z",
        "grade": i % 100 / 100,
        "title": "bench: value is higher than expected",
        "summary": "value was 7, where 1 (0 to 2) was expected. About 1 in 4,700 normal records scores this high.",
        "source": {"topic": "input", "partition": 0, "offset": i},
    }
    return Outgoing(topic, entity.encode(), msgspec.json.encode(value), timestamp=1_714_564_800_000)


def _in_a_process(work: Callable[..., Awaitable[float]], *arguments: Any) -> float:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_run, work, *arguments).result(SECONDS)


def _run(work: Callable[..., Awaitable[float]], *arguments: Any) -> float:
    logging.disable(logging.WARNING)

    async def whole() -> float:
        return await work(*arguments)

    return asyncio.run(whole())


class _Clock:
    """Counts events; the first quarter is not timed."""

    def __init__(self, n: int) -> None:
        self._n, self._done, self._begin, self._end = n, 0, 0.0, 0.0
        self.finished = asyncio.Event()

    def tick(self) -> None:
        self._done += 1
        if self._done == self._n // 4:
            self._begin = time.perf_counter()
        if self._done == self._n:
            self._end = time.perf_counter()
            self.finished.set()

    def rate(self) -> float:
        return (self._n - self._n // 4) / (self._end - self._begin)


async def _follow(url: str, topic: str, scores: str, kind: Kind, n: int) -> float:
    import faust

    app = faust.App(
        f"bench-{uuid4().hex[:8]}",
        broker=url,
        store="memory://",
        topic_disable_leader=True,
        datadir=Path(tempfile.mkdtemp()),
        web_enabled=False,
    )
    source = app.topic(topic, key_serializer="raw", value_serializer="raw")
    sink = app.topic(scores, key_serializer="raw", value_serializer="raw")
    table = app.Table("last", partitions=PARTITIONS) if kind == "table" else None
    clock = _Clock(n)

    async def follow(stream: Any) -> None:
        async for key, value in stream.items():
            reading = loop.decode(value)
            if kind == "send":
                await sink.send(key=key, value=loop.SCORE)
            if table is not None:
                table[reading.key] = reading.value
            clock.tick()

    app.agent(source)(follow)
    async with _running(app):
        await asyncio.wait_for(clock.finished.wait(), SECONDS)
    return clock.rate()


async def _desk(url: str, topic: str, n: int) -> float:
    from stream.desk import Desk
    from stream.settings.desk import DeskSettings
    from stream.tables import Ledger

    clock, take = _Clock(n), Ledger.take

    def counted(ledger: Ledger, *arguments: Any) -> Any:
        outcome = take(ledger, *arguments)
        clock.tick()
        return outcome

    Ledger.take = counted  # type: ignore[method-assign]  # replaced on purpose
    settings = DeskSettings(broker=url, alert_topics=(topic,), desk_id=f"bench-{uuid4().hex[:8]}")
    app = Desk(settings).app
    app.conf.web_enabled = False
    async with _running(app):
        await asyncio.wait_for(clock.finished.wait(), SECONDS)
    return clock.rate()


@asynccontextmanager
async def _running(app: Any) -> AsyncIterator[None]:
    app.finalize()
    app.conf.datadir.mkdir(exist_ok=True)
    await app.start()
    try:
        yield
    finally:
        await app.stop()


def run(log: Log, n: int, rounds: int) -> dict[str, Any]:
    """All of them in turns, the median of each."""
    taken: dict[str, list[float]] = {}
    loop_rate(log, "kafka-python", n // 10)
    for _ in range(rounds):
        for client in ("kafka-python", "confluent"):
            name = f"worker's loop on {client}, events/s"
            taken.setdefault(name, []).append(loop_rate(log, client, n))
        for kind, name in FAUST.items():
            taken.setdefault(name, []).append(faust_rate(log, kind, n // 4))
    results = {name: median(rates) for name, rates in taken.items()}
    results["desk, alerts/s"] = desk_rate(log, n // 4)
    best = results[FAUST["send"]]
    ratios = {
        f"worker's loop on {client} / Faust agent that sends": results[
            f"worker's loop on {client}, events/s"
        ]
        / best
        for client in ("kafka-python", "confluent")
    }
    return {
        "protocol": {
            "log": "kafka",
            "events": n,
            "events for Faust": n // 4,
            "partitions": PARTITIONS,
            "rates": f"wall clock, from a quarter of the events on; in turns, median of {rounds}",
            "guarantee": "the worker's loop exactly once, Faust at least once",
        },
        "machine": machine(),
        "results": results,
        "ratios": ratios,
        "goals": {},
    }


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.desk",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="a tenth of the events, one round")
    parser.add_argument("--broker", default="auto", help="kafka://host:port, or `auto`")
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    n, rounds = (given.events // 10, 1) if given.quick else (given.events, given.rounds)
    logging.disable(logging.WARNING)
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    with log_at(given.broker, "kafka-python") as log:
        show(run(log, n, rounds), as_json=given.json)


if __name__ == "__main__":
    main()
