"""Runs the same input undisturbed and under kills, and compares what came out, byte by byte."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Event
from typing import Any
from uuid import uuid4

from stream.transports.kafka.options import Client
from tests.crash import predictions, purchases
from tests.crash.config import PARTITIONS, Place, write_config
from tests.crash.events import make_events
from tests.crash.processes import WorkerProcess
from tests.crash.stage import Digests, Stage, differences


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One crash test. task: one of tests.crash.config.TASKS; broker: a kafka:// URL, or None for SQLite."""

    task: str = "toy"
    broker: str | None = None
    client: Client = "kafka-python"
    events: int = 40_000
    keys: int = 200
    kills: int = 10
    seed: int = 1
    trees: int = 10
    sample_size: int = 64
    batch_size: int = 100
    snapshot_every: int = 2000
    bulk: int = 0
    """Bytes by which the toy's states are larger than they need be."""
    seconds: float = 300.0
    """Deadline of each run."""


@dataclass(frozen=True)
class Verdict:
    """What came of a crash test."""

    seed: int
    identical: bool
    outputs: int
    """Records on all output topics; with the toy task, as many as events."""
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
    given_up: int
    """Restorations that the final SIGTERM ended; only they leave something to replay."""
    differences: list[str]

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def run_plan(plan: Plan, folder: Path) -> Verdict:
    """Run undisturbed in one process, then with two and kills, and compare."""
    with opened(plan, folder) as stage:
        expected = undisturbed(stage, plan.seconds)
        with replayed(plan, stage, folder) as again, working(again, ["w1", "w2"]) as workers:
            at_work = _storm(plan, again, workers)
            again.finish(workers, plan.seconds)
            return _verdict(plan, expected, again, workers, at_work)


@contextmanager
def opened(plan: Plan, folder: Path) -> Iterator[Stage]:
    """A log with the plan's input."""
    with Stage(_written(plan, folder / "calm", f"crash-{uuid4().hex[:12]}")) as stage:
        stage.prepare(_events(plan, stage))
        yield stage


def undisturbed(stage: Stage, seconds: float) -> Digests:
    """What one process makes of the input when it is left alone."""
    with working(stage, ["calm"]) as workers:
        for worker in workers:
            worker.start()
        stage.finish(workers, seconds)
    return stage.digests()


@contextmanager
def replayed(plan: Plan, stage: Stage, folder: Path) -> Iterator[Stage]:
    """The same input under the same names, with nothing made of it.

    Kafka keeps the input and forgets the rest; SQLite gets a file of its own.
    """
    if plan.broker is not None:
        stage.wipe()
        stage.prepare()
        yield stage
        return
    with Stage(_written(plan, folder / "stormy", stage.config.task.name)) as again:
        again.prepare(_events(plan, again))
        yield again


@contextmanager
def working(stage: Stage, members: Sequence[str]) -> Iterator[list[WorkerProcess]]:
    """Workers that are yet to be started; killed at the end if they still live."""
    workers = [WorkerProcess(stage.path, member) for member in members]
    try:
        yield workers
    finally:
        for worker in workers:
            worker.close()


def _written(plan: Plan, folder: Path, name: str) -> Path:
    folder.mkdir(parents=True)
    path = folder / "config.yaml"
    worker = {"batch_size": plan.batch_size, "snapshot_every": plan.snapshot_every}
    forest = {"n_trees": plan.trees, "sample_size": plan.sample_size}
    place = Place(plan.broker or f"sqlite:///{folder / 'log.db'}", name, plan.client)
    write_config(path, place, plan.task, worker, forest, plan.bulk)
    return path


def _events(plan: Plan, stage: Stage) -> Any:
    topic = stage.config.input_topic
    if plan.task == "recommend":
        return purchases.make_log(topic, plan.events, plan.keys, plan.seed)
    if plan.task.startswith("predict"):
        name = stage.config.task.name
        return predictions.make_log(topic, name, PARTITIONS, plan.events, plan.keys, plan.seed)
    return make_events(topic, plan.events, plan.keys, plan.seed)


def _storm(plan: Plan, stage: Stage, workers: list[WorkerProcess]) -> int:
    """Kill by progress: each time as much is committed as the seed says.

    Returns how many kills came before the last output.
    """
    chance, pause = random.Random(plan.seed), Event()
    moments = sorted(chance.uniform(0.02, 0.95) for _ in range(plan.kills))
    for worker in workers:
        worker.start()
    at_work = 0
    for moment in moments:
        stage.wait(moment, workers, plan.seconds)
        # Not for synchronisation: it moves the kill to anywhere in a batch.
        pause.wait(chance.random() * 0.03)
        victim = chance.choice(workers)
        victim.kill()
        at_work += stage.share() < 1.0
        victim.start()
    return at_work


def _verdict(
    plan: Plan, expected: Digests, stage: Stage, workers: list[WorkerProcess], at_work: int
) -> Verdict:
    got = stage.digests()
    restored = [line["replayed"] for w in workers for line in w.logged("partition_restored")]
    found = differences(expected, got)
    return Verdict(
        seed=plan.seed,
        identical=not found,
        outputs=sum(count for count, _ in got.values()),
        kills=plan.kills,
        kills_at_work=at_work,
        lives=sum(worker.lives for worker in workers),
        replayed=sum(restored),
        replays=sum(replayed > 0 for replayed in restored),
        longest_replay=max(restored, default=0),
        mismatches=sum(len(w.logged("replay_mismatch")) for w in workers),
        left_to_replay=stage.left_to_replay(),
        given_up=sum(len(w.logged("recovery_given_up")) for w in workers),
        differences=found,
    )
