"""Runs the same input undisturbed and under kills, and compares what came out, byte by byte."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from threading import Event
from typing import Any

from stream.records import TopicPartition
from stream.transports import Transport, connect
from tests.crash.config import PARTITIONS, CrashConfig, write_config
from tests.crash.events import make_events
from tests.crash.processes import WorkerProcess, wait_for

GROUP = "cutstream."
Digests = dict[str, tuple[int, str]]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One crash test. task: "toy" or "detect"."""

    task: str = "toy"
    events: int = 40_000
    keys: int = 200
    kills: int = 10
    seed: int = 1
    trees: int = 10
    sample_size: int = 64
    batch_size: int = 100
    snapshot_every: int = 2000
    seconds: float = 300.0
    """Deadline of each run."""


@dataclass(frozen=True)
class Verdict:
    """What came of a crash test."""

    seed: int
    identical: bool
    outputs: int
    """Records on all output topics; as many as events."""
    kills: int
    kills_at_work: int
    """Kills while outputs were still missing."""
    lives: int
    """Worker processes started, those that were killed included."""
    replayed: int
    """Events that were read again to rebuild state, over all restarts."""
    replays: int
    """Restorations of a partition that had something to replay."""
    longest_replay: int
    """Events of one partition."""
    mismatches: int
    left_to_replay: int
    """Events that a start after the final SIGTERM would replay."""
    differences: list[str]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def run_plan(plan: Plan, folder: Path) -> Verdict:
    """Run undisturbed in one process, then with two and kills, and compare."""
    calm = _prepared(plan, folder / "calm")
    with _workers(calm, ["calm"]) as (worker,):
        worker.start()
        _finish(plan, calm, [worker])
        _expect_good_order(worker)
    stormy = _prepared(plan, folder / "stormy")
    with _workers(stormy, ["w1", "w2"]) as workers:
        at_work = _storm(plan, stormy, workers)
        for worker in workers:
            _expect_good_order(worker)
        return _verdict(plan, calm, stormy, workers, at_work)


def _expect_good_order(worker: WorkerProcess) -> None:
    code = worker.terminate()
    if code != 0:
        raise RuntimeError(f"{worker.member} must end with exit code 0 on SIGTERM, got {code}")


def _prepared(plan: Plan, folder: Path) -> Path:
    """Topics and events in a fresh log; returns the configuration's path."""
    folder.mkdir(parents=True)
    path = folder / "config.yaml"
    worker = {"batch_size": plan.batch_size, "snapshot_every": plan.snapshot_every}
    forest = {"n_trees": plan.trees, "sample_size": plan.sample_size}
    write_config(path, folder / "log.db", plan.task, worker, forest)
    config = CrashConfig(path)
    with closing(connect(config.broker)) as transport:
        for spec in config.task.topics:
            transport.ensure_topic(spec)
        transport.append(make_events(plan.events, plan.keys, plan.seed))
    return path


@contextmanager
def _workers(config: Path, members: list[str]) -> Iterator[list[WorkerProcess]]:
    workers = [WorkerProcess(config, member) for member in members]
    try:
        yield workers
    finally:
        for worker in workers:
            worker.close()


def _storm(plan: Plan, path: Path, workers: list[WorkerProcess]) -> int:
    """Kill by progress: each time as many outputs are there as the seed says.

    Returns how many kills came before the last output.
    """
    chance, pause = random.Random(plan.seed), Event()
    moments = sorted(
        chance.randrange(plan.events // 50, plan.events * 19 // 20) for _ in range(plan.kills)
    )
    for worker in workers:
        worker.start()
    at_work = 0
    config = CrashConfig(path)
    with closing(connect(config.broker)) as transport:
        for moment in moments:
            _await(plan, transport, config, moment, workers)
            # Not for synchronisation: it moves the kill to anywhere in a batch.
            pause.wait(chance.random() * 0.03)
            victim = chance.choice(workers)
            victim.kill()
            at_work += _written(transport, config) < plan.events
            victim.start()
    _finish(plan, path, workers)
    return at_work


def _finish(plan: Plan, path: Path, workers: list[WorkerProcess]) -> None:
    config = CrashConfig(path)
    with closing(connect(config.broker)) as transport:
        _await(plan, transport, config, plan.events, workers)
    for worker in workers:
        wait_for(worker.has_started, plan.seconds, f"the start of {worker.member}")


def _await(
    plan: Plan,
    transport: Transport,
    config: CrashConfig,
    outputs: int,
    workers: list[WorkerProcess],
) -> None:
    def reached() -> bool:
        for worker in workers:
            worker.check_alive()
        return _written(transport, config) >= outputs

    wait_for(reached, plan.seconds, f"output {outputs} of {plan.events}")


def _written(transport: Transport, config: CrashConfig) -> int:
    topics = transport.topics()
    return sum(end for name in config.output_topics for _, end in topics[name].bounds)


def _verdict(
    plan: Plan, calm: Path, stormy: Path, workers: list[WorkerProcess], at_work: int
) -> Verdict:
    expected, got = _digests(calm), _digests(stormy)
    restored = [line["replayed"] for w in workers for line in w.logged("partition_restored")]
    differences = [place for place in expected if expected[place] != got.get(place)]
    return Verdict(
        seed=plan.seed,
        identical=not differences and expected.keys() == got.keys(),
        outputs=sum(count for count, _ in got.values()),
        kills=plan.kills,
        kills_at_work=at_work,
        lives=sum(worker.lives for worker in workers),
        replayed=sum(restored),
        replays=sum(replayed > 0 for replayed in restored),
        longest_replay=max(restored, default=0),
        mismatches=sum(len(w.logged("replay_mismatch")) for w in workers),
        left_to_replay=_left_to_replay(stormy),
        differences=differences,
    )


def _digests(path: Path) -> Digests:
    """Topic-partition -> number of records, and a hash of every byte of them, in order."""
    config = CrashConfig(path)
    found: Digests = {}
    with closing(connect(config.broker)) as transport:
        for topic in config.output_topics:
            for partition in range(PARTITIONS):
                digest, count = sha256(), 0
                for record in transport.read(TopicPartition(topic, partition), 0):
                    digest.update(repr(record).encode())
                    count += 1
                found[f"{topic}-{partition}"] = (count, digest.hexdigest())
    return found


def _left_to_replay(path: Path) -> int:
    config = CrashConfig(path)
    with closing(connect(config.broker)) as transport:
        positions: Mapping[Any, Any] = transport.committed(GROUP + config.task.name)
        return sum(p.offset - json.loads(p.metadata)["replay_from"] for p in positions.values())
