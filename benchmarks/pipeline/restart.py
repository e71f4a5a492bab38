"""How long a worker takes from its start to ready, with the state of many keys to load."""

from __future__ import annotations

import time
from threading import Event

from benchmarks.pipeline.stage import Running, Stage


def seconds_to_ready(stage: Stage, keys: int, records_per_key: int) -> dict[str, float]:
    """Seconds from start to ready: behind a stop in good order (snapshots alone), and behind a hard end
    (snapshots and replay)."""
    n = keys * records_per_key
    snapshot_every = max(10_000, 2 * keys)
    with stage.opened() as transport:
        stage.fill(transport, n, keys)
        first = stage.worker(snapshot_every)
        first.worker.start()
        _until_consumed(first, n)
        first.stop()
        clean, second = _start(stage, snapshot_every)
        stage.fill(transport, snapshot_every, keys)
        _until_consumed(second, snapshot_every)
        second.worker.abandon()
        second.worker.join()
        hard, third = _start(stage, snapshot_every)
        third.worker.abandon()
        third.worker.join()
    labels = {"task": stage.name}
    replayed = third.registry.get_sample_value("cutstream_replayed_records_total", labels)
    return {"clean_s": clean, "hard_s": hard, "replayed": float(replayed or 0)}


def _start(stage: Stage, snapshot_every: int) -> tuple[float, Running]:
    running = stage.worker(snapshot_every)
    begin = time.perf_counter()
    running.worker.start()
    pause = Event()
    while not _is_ready(running):
        pause.wait(0.01)
    return time.perf_counter() - begin, running


def _is_ready(running: Running) -> bool:
    status = running.worker.status()
    assert status.live, status
    return status.ready and all(task.partitions for task in status.tasks)


def _until_consumed(running: Running, n: int) -> None:
    pause = Event()
    while running.consumed() < n:
        assert running.worker.status().live, running.worker.status()
        pause.wait(0.05)
