"""What every scenario has in common: the same input, once in peace and once with a fault."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

from stream.transports.kafka.options import Client
from tests.broker.broker import Broker, started
from tests.crash.campaign import Plan, opened, replayed, undisturbed, working
from tests.crash.processes import WorkerProcess
from tests.crash.stage import Stage, differences

Figures = dict[str, float]


@dataclass(frozen=True, kw_only=True)
class Ground:
    """Where scenarios are played, and how large.

    folder: an empty one for each scenario. broker: kafka:// URL of one that nobody may stop; None starts
    one for each scenario. task: "toy" or "detect". times: how often the fault comes, where it can
    come more than once.
    """

    folder: Path
    broker: str | None = None
    client: Client = "kafka-python"
    task: str = "toy"
    events: int = 20_000
    seed: int = 1
    times: int = 3

    def plan(self, broker: str, **more: Any) -> Plan:
        """The plan of a run on `broker`, with further keywords of Plan."""
        size = {"events": self.events, "seed": self.seed, "seconds": 180.0}
        return Plan(task=self.task, broker=broker, client=self.client, **{**size, **more})

    @contextmanager
    def shared_broker(self) -> Iterator[str]:
        """The URL of a broker that the scenario leaves in peace."""
        if self.broker is not None:
            yield self.broker
            return
        with self.own_broker() as broker:
            yield f"kafka://{broker.address}"

    @contextmanager
    def own_broker(self) -> Iterator[Broker]:
        """A broker that the scenario may stop."""
        with started(self.folder / "broker") as broker:
            yield broker


@dataclass(frozen=True)
class Outcome:
    """What came of a scenario."""

    identical: bool
    """Whether the outputs are those of the undisturbed run, byte by byte."""
    outputs: int
    mismatches: int
    """Replays whose outputs did not add up as they had before."""
    seconds: float
    figures: Figures
    """What the scenario counted."""
    differences: list[str]

    @property
    def passed(self) -> bool:
        """Whether nothing was lost, doubled or changed."""
        return self.identical and self.mismatches == 0

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self) | {"passed": self.passed}


Act = Callable[[Stage, Mapping[str, WorkerProcess]], Figures]
"""Starts the workers, does the harm, and finishes the stage."""


def play(
    ground: Ground,
    plan: Plan,
    members: Sequence[str],
    act: Act,
    add_input: Callable[[Stage], None] | None = None,
) -> Outcome:
    """Run `act` with workers of these names, and compare what came out with an undisturbed run.

    add_input: puts more into the input, before both runs.
    """
    began = perf_counter()
    with opened(plan, ground.folder / "run") as stage:
        if add_input is not None:
            add_input(stage)
        expected = undisturbed(stage, plan.seconds)
        with (
            replayed(plan, stage, ground.folder / "run") as again,
            working(again, members) as workers,
        ):
            figures = act(again, dict(zip(members, workers, strict=True)))
            got = again.digests()
    found = differences(expected, got)
    return Outcome(
        identical=not found,
        outputs=sum(count for count, _ in got.values()),
        mismatches=sum(len(worker.logged("replay_mismatch")) for worker in workers),
        seconds=round(perf_counter() - began, 1),
        figures=figures,
        differences=found,
    )


def count(workers: Mapping[str, WorkerProcess], event: str) -> int:
    """How often the workers have logged this."""
    return sum(len(worker.logged(event)) for worker in workers.values())


def replayed_events(workers: Mapping[str, WorkerProcess]) -> int:
    """How many events the workers have read again to rebuild state."""
    restored = [line for worker in workers.values() for line in worker.logged("partition_restored")]
    return sum(line["replayed"] for line in restored)
