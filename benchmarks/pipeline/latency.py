"""How long a record waits for its committed score, and how long a rebalance holds it up.

Feeder, worker and reader are processes of their own. The reader takes committed scores alone; the n-th
score of a partition belongs to its n-th event.
"""

from __future__ import annotations

import multiprocessing
import queue
import time
from multiprocessing.queues import Queue
from threading import Event
from typing import Any

import numpy as np

from benchmarks.pipeline.stage import PARTITIONS, Log, Stage, events
from stream.records import TopicPartition

WARM = 300
"""Records of each key before anything counts: its forest is full."""
SPAWN = multiprocessing.get_context("spawn")


def at_rate(stage: Stage, keys: int, rate: float, seconds: float) -> dict[str, float]:
    """Milliseconds from the call that appends an event to its committed score, and the rate that came out."""
    before, n = keys * WARM, int(rate * seconds)
    with stage.opened() as transport:
        stage.fill(transport, before, keys)
        running = stage.worker(10 * (before + n))
        running.worker.start()
        _until(lambda: running.consumed() >= before)
        arrivals = _play(stage, before, n, keys, rate)
        running.stop()
        waits = _waits(transport, stage, arrivals, before)
    late = np.array(waits[len(waits) // 10 :]) * 1000.0
    all_arrivals = [arrival for times in arrivals for arrival in times]
    span = max(all_arrivals) - min(all_arrivals)
    return {
        "p50_ms": float(np.quantile(late, 0.5)),
        "p99_ms": float(np.quantile(late, 0.99)),
        "scored_per_s": n / span,
    }


def rebalance(stage: Stage, keys: int, rate: float, seconds: float) -> dict[str, float]:
    """The longest time without a committed score of any partition, in seconds, while a second worker joins
    and while it leaves again."""
    before, n = keys * WARM, int(rate * seconds)
    with stage.opened() as transport:
        stage.fill(transport, before, keys)
        first, second = stage.worker(20_000), stage.worker(20_000, member="w2")
        first.worker.start()
        _until(lambda: first.consumed() >= before)
        marks: list[float] = []

        def meanwhile() -> None:
            pause = Event()
            pause.wait(seconds / 3)
            marks.append(time.time())
            second.worker.start()
            pause.wait(seconds / 3)
            marks.append(time.time())
            second.stop()

        arrivals = _play(stage, before, n, keys, rate, meanwhile)
        first.stop()
    joined, left = marks
    return {
        "undisturbed_s": _gap(arrivals, 0.0, joined),
        "joining_s": _gap(arrivals, joined, left),
        "leaving_s": _gap(arrivals, left, np.inf),
    }


def _gap(arrivals: list[list[float]], begin: float, end: float) -> float:
    """The longest pause of any partition that overlaps begin to end."""
    longest = 0.0
    for times in map(np.array, arrivals):
        gaps = np.diff(times)
        within = (times[1:] > begin) & (times[:-1] < end)
        longest = max(longest, float(gaps[within].max(initial=0.0)))
    return longest


def _play(
    stage: Stage, before: int, n: int, keys: int, rate: float, meanwhile: Any = None
) -> list[list[float]]:
    """Feed n events; for each partition, when each of their scores arrived."""
    ready, arrived = SPAWN.Event(), SPAWN.Queue()
    reader = SPAWN.Process(target=_read, args=(stage.log, stage.scores, before, n, ready, arrived))
    reader.start()
    assert ready.wait(120.0), "the reader did not start"
    feeding = SPAWN.Event()
    feeder = SPAWN.Process(
        target=_feed, args=(stage.log, stage.name, n, keys, rate, before, feeding)
    )
    feeder.start()
    assert feeding.wait(120.0), "the feeder did not start"
    if meanwhile is not None:
        meanwhile()
    arrivals = _received(arrived, reader)
    feeder.join()
    reader.join()
    return arrivals


def _received(arrived: Queue[list[list[float]]], reader: Any) -> list[list[float]]:
    while True:
        try:
            return arrived.get(timeout=1.0)
        except queue.Empty:
            assert reader.is_alive(), "the reader failed"


def _feed(log: Log, topic: str, n: int, keys: int, rate: float, first: int, feeding: Any) -> None:
    """Append events at a steady rate, each with the time of its call."""
    transport = log.open()
    made = events(topic, n, keys, first)
    pause = Event()
    feeding.set()
    begin = time.time()
    step = max(int(rate / 100), 1)
    for at in range(0, n, step):
        pause.wait(max(0.0, begin + at / rate - time.time()))
        stamp = (("bench.appended", str(int(time.time() * 1e6)).encode()),)
        transport.append([event._replace(headers=stamp) for event in made[at : at + step]])
    transport.close()


def _read(log: Log, topic: str, before: int, n: int, ready: Any, arrived: Any) -> None:
    """Note when each score behind the first `before` becomes readable."""
    transport = log.open()
    session = transport.session(f"{topic}.reader", [topic], member="reader")
    times: list[list[float]] = [[] for _ in range(PARTITIONS)]
    seen = 0
    while seen < before + n:
        records = session.poll(5000, 0.2).records
        now = time.time()
        for record in records:
            seen += 1
            if seen > before:
                times[record.partition].append(now)
        if seen >= before:
            ready.set()
    arrived.put(times)
    session.close()
    transport.close()


def _waits(transport: Any, stage: Stage, arrivals: list[list[float]], before: int) -> list[float]:
    waits: list[tuple[float, float]] = []
    for partition, times in enumerate(arrivals):
        appended = [
            int(record.headers[0][1]) / 1e6
            for record in transport.read(TopicPartition(stage.name, partition), 0)
            if record.headers
        ]
        waits += [(start, end - start) for start, end in zip(appended, times, strict=True)]
    return [wait for _start, wait in sorted(waits)]


def _until(condition: Any) -> None:
    pause = Event()
    while not condition():
        pause.wait(0.01)
