"""End to end on one log: decode, shingle, score, learn, decide, encode, commit.

    python -m benchmarks.pipeline [--json] [--events N] [--keys K] [--rate R] [--quick]

Prints a table, or with --json one object: protocol, machine, results, ratios, goals.
"""

from __future__ import annotations

import argparse
import json
import logging
import multiprocessing
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import structlog
from prometheus_client import CollectorRegistry

from benchmarks.report import machine, show
from models.detector import DetectorBank
from models.forest.kernels.batch import INVERSE_DEPTH
from stream.metrics import Metrics
from stream.records import Outgoing, Record, TopicPartition
from stream.runtime.options import RunnerOptions
from stream.runtime.worker import Worker
from stream.settings import loads
from stream.tasks.detect import DetectTask
from stream.tasks.protocol import Output, Step
from stream.transports import connect
from stream.transports.protocol import Transport

PARTITIONS = 4
BATCH = 1000
CONFIG = """
broker: {broker}
detectors:
  bench:
    input: {{topic: events, partitions: {partitions}, key: key, rekey: false, timestamp: time, features: [value]}}
    shingle_size: 8
"""
EPOCH = 1_700_000_000_000


def events(n: int, keys: int, first: int = 0) -> list[Outgoing]:
    """n events of a noisy sine per key, the keys in turn; event time advances a second per turn."""
    rng = np.random.default_rng(1)
    turn = np.arange(first, first + n) // keys
    phase = np.arange(first, first + n) % keys
    values = 5.0 * np.sin(2.0 * np.pi * (turn / 50.0 + phase / keys)) + rng.normal(size=n)
    made = []
    for i in range(n):
        key = f"device-{int(phase[i]):05d}"
        stamp = EPOCH + int(turn[i]) * 1000
        body = f'{{"key":"{key}","time":{stamp},"value":{values[i]:.6f}}}'
        made.append(Outgoing("events", key.encode(), body.encode(), timestamp=stamp))
    return made


class NoModel:
    """The detect task's input and output volume, without a model: what the loop itself costs."""

    def __init__(self, real: DetectTask) -> None:
        self._real = real
        self.name, self.inputs, self.topics = real.name, real.inputs, real.topics
        self.snapshot_topic = real.snapshot_topic

    def open(self, tp: TopicPartition) -> NoModelState:
        return NoModelState(self._real.topics[1].name)


class NoModelState:
    """Answers each record with one of a score record's size."""

    def __init__(self, topic: str) -> None:
        self._topic = topic

    def process(self, records: Sequence[Record]) -> Step:
        body = b"x" * 420
        outputs = [
            Output(None, r.offset, Outgoing(self._topic, r.key, body, (), r.timestamp, r.partition))
            for r in records
        ]
        return Step(outputs, {})

    def dump(self, entity: bytes) -> bytes:
        return b""

    def load(self, entity: bytes, state: bytes, valid_at: int) -> None: ...

    def forget(self, entity: bytes) -> None: ...

    def entities(self) -> list[bytes]:
        return []


def settings_at(path: Path) -> Any:
    return loads(CONFIG.format(broker=f"sqlite:///{path}", partitions=PARTITIONS))


def worker_on(url: str, task: Any, snapshot_every: int) -> Worker:
    options = RunnerOptions(batch_size=BATCH, snapshot_every=snapshot_every, member="bench")
    return Worker(lambda: connect(url), [task], options, Metrics(CollectorRegistry()))


def committed(transport: Transport, topic: str) -> int:
    return sum(end for _start, end in transport.topics()[topic].bounds)


def wait_for(transport: Transport, topic: str, count: int) -> float:
    """Wait until a topic holds `count` records; the time when it did."""
    pause = Event()
    while committed(transport, topic) < count:
        pause.wait(0.005)
    return time.perf_counter()


def throughput(folder: Path, label: str, n: int, keys: int, model: bool) -> dict[str, float]:
    """Events a second from a filled log to committed scores; the first quarter is not counted."""
    settings = settings_at(folder / f"{label}.db")
    url = settings.broker
    real = DetectTask(settings, "bench", DetectorBank)
    task: Any = real if model else NoModel(real)
    transport = connect(url)
    for spec in real.topics:
        transport.ensure_topic(spec)
    made = events(n, keys)
    for at in range(0, n, 5000):
        transport.append(made[at : at + 5000])
    output = real.topics[1].name
    worker = worker_on(url, task, 10 * n // PARTITIONS)
    worker.start()
    counted_from = n // 4
    begin = wait_for(transport, output, counted_from)
    first = committed(transport, output)
    end = wait_for(transport, output, n)
    worker.stop()
    worker.join()
    transport.close()
    return {"events_per_s": (n - first) / (end - begin), "seconds": end - begin}


def model_alone(n: int, keys: int) -> float:
    """Events a second of the detector bank on the same values, in batches as the loop makes them."""
    settings = loads(CONFIG.format(broker="sqlite:///unused.db", partitions=PARTITIONS))
    bank = DetectorBank(settings.detectors["bench"].config())
    values = np.array([[json.loads(e.value or b"")["value"]] for e in events(n, keys)])
    slots = np.array([bank.slot(f"device-{i % keys:05d}".encode()) for i in range(n)])
    for at in range(0, n // 4, BATCH):
        bank.process(slots[at : at + BATCH], values[at : at + BATCH])
    begin = time.perf_counter()
    for at in range(n // 4, n, BATCH):
        bank.process(slots[at : at + BATCH], values[at : at + BATCH])
    return (n - n // 4) / (time.perf_counter() - begin)


def forest_alone(n: int, keys: int) -> float:
    """Events a second of scoring and learning alone, on normalised values, in the same batches."""
    settings = loads(CONFIG.format(broker="sqlite:///unused.db", partitions=PARTITIONS))
    arena = DetectorBank(settings.detectors["bench"].config()).arena
    values = np.array([[json.loads(e.value or b"")["value"]] for e in events(n, keys)])
    records = (values / values.std()).astype(np.float32)
    slots = np.arange(n) % keys
    for key in range(keys):
        arena.open_slot(key + 1)
    begin = 0.0
    for at in range(0, n, BATCH):
        if begin == 0.0 and at >= n // 4:
            begin, counted = time.perf_counter(), n - at
        order = np.argsort(slots[at : at + BATCH], kind="stable")
        arena.score_and_learn(
            slots[at : at + BATCH][order], records[at : at + BATCH][order], INVERSE_DEPTH
        )
    return counted / (time.perf_counter() - begin)


def feed(url: str, n: int, keys: int, rate: float, at_once: int) -> None:
    """Append events at a steady rate, stamped with the wall clock, from a process of its own."""
    transport = connect(url)
    made = events(n, keys, first=at_once)
    pause = Event()
    begin = time.time()
    step = max(int(rate / 100), 1)
    for at in range(0, n, step):
        due = begin + at / rate
        pause.wait(max(0.0, due - time.time()))
        now = int(time.time() * 1e6)
        stamp = (("bench.appended", str(now).encode()),)
        transport.append([e._replace(headers=stamp) for e in made[at : at + step]])
    transport.close()


def latency(folder: Path, keys: int, rate: float, seconds: float) -> dict[str, float]:
    """Milliseconds from append to committed score at a steady rate, forests already filled."""
    settings = settings_at(folder / f"latency-{rate:.0f}.db")
    url, before, n = settings.broker, keys * 300, int(rate * seconds)
    task = DetectTask(settings, "bench", DetectorBank)
    transport = connect(url)
    for spec in task.topics:
        transport.ensure_topic(spec)
    made = events(before, keys)
    for at in range(0, before, 5000):
        transport.append(made[at : at + 5000])
    worker = worker_on(url, task, 10 * (before + n))
    worker.start()
    output = task.topics[1].name
    wait_for(transport, output, before)
    feeder = multiprocessing.get_context("spawn").Process(
        target=feed, args=(url, n, keys, rate, before)
    )
    feeder.start()
    seen = [end for _start, end in transport.topics()[output].bounds]
    arrived: list[dict[int, float]] = [{} for _ in seen]
    pause = Event()
    while sum(seen) < before + n:
        bounds = transport.topics()[output].bounds
        now = time.time()
        for p, (_start, end) in enumerate(bounds):
            for offset in range(seen[p], end):
                arrived[p][offset] = now
            seen[p] = end
        pause.wait(0.001)
    feeder.join()
    worker.stop()
    worker.join()
    waits = []
    for p, times in enumerate(arrived):
        waits += [
            times[record.offset] - int(record.headers[0][1]) / 1e6
            for record in transport.read(TopicPartition("events", p), 0)
            if record.headers and record.offset in times
        ]
    transport.close()
    late = np.array(waits[len(waits) // 10 :]) * 1000.0
    return {"p50_ms": float(np.quantile(late, 0.5)), "p99_ms": float(np.quantile(late, 0.99))}


def run(n: int, keys: int, rates: Sequence[float], seconds: float) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        throughput(folder, "warm", 2000, 20, True)
        whole = throughput(folder, "detector", n, keys, True)["events_per_s"]
        bare = throughput(folder, "bare", n, keys, False)["events_per_s"]
        alone, forest = model_alone(n, keys), forest_alone(n, keys)
        results = {
            "detector 1x8, end to end, events/s": whole,
            "loop without a model, events/s": bare,
            "detector bank alone, events/s": alone,
            "its forest alone, events/s": forest,
        }
        for rate in rates:
            waits = latency(folder, keys, rate, seconds)
            results[f"append to committed score at {rate:.0f}/s, p50 ms"] = waits["p50_ms"]
            results[f"append to committed score at {rate:.0f}/s, p99 ms"] = waits["p99_ms"]
    return {
        "protocol": {
            "events": n,
            "keys": keys,
            "partitions": PARTITIONS,
            "detector": "1 feature x shingle 8, 50 trees x 256",
            "batch": BATCH,
            "counted": "from a quarter of the events on; snapshots are not due within the run",
            "latency": f"forests filled with 300 records a key, then {seconds:g} s at each rate",
        },
        "machine": machine(),
        "results": results,
        "ratios": {
            "end to end / detector bank alone": whole / alone,
            "end to end / forest alone (share of time that is the forest)": whole / forest,
        },
        "goals": {
            "events/s end to end >= 10000": {"goal": 10000, "got": whole, "met": whole >= 10000},
            "end to end >= 60 % of the forest's rate": {
                "goal": 0.6,
                "got": whole / forest,
                "met": whole / forest >= 0.6,
            },
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--keys", type=int, default=200)
    parser.add_argument("--rate", type=float, nargs="*", default=[2000.0, 5000.0])
    parser.add_argument("--seconds", type=float, default=10.0, help="per rate, of the latency run")
    parser.add_argument("--quick", action="store_true", help="a tenth of everything")
    given = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    tenth = 10 if given.quick else 1
    report = run(
        given.events // tenth, max(given.keys // tenth, 4), given.rate, given.seconds / tenth
    )
    show(report, as_json=given.json)


if __name__ == "__main__":
    main()
