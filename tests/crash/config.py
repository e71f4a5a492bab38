"""The configuration file of a crash test: it says which task runs, and on what."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from stream.runtime.options import RunnerOptions
from stream.tasks.protocol import Task
from tests.stream.runtime.toy import ToyTask

INPUT = "events"
PARTITIONS = 4
WORKER = {
    "batch_size": 500,
    "poll_timeout": 0.2,
    "snapshot_every": 2000,
    "session_timeout": 2.0,
}


def write_config(
    path: Path, database: Path, task: str, worker: Mapping[str, float], forest: Mapping[str, int]
) -> None:
    """Write a configuration. task: "toy" or "detect"; forest: n_trees and sample_size."""
    document: dict[str, Any] = {
        "broker": f"sqlite:///{database}",
        "worker": {**WORKER, **worker},
    }
    if task == "toy":
        document["toy"] = {"partitions": PARTITIONS}
    else:
        document["detectors"] = {
            "crash": {
                "input": {
                    "topic": INPUT,
                    "partitions": PARTITIONS,
                    "key": "sensor",
                    "rekey": False,
                    "timestamp": "time",
                    "features": ["value"],
                },
                "shingle_size": 4,
                "forest": dict(forest),
            }
        }
    path.write_text(yaml.safe_dump(document))


class CrashConfig:
    """A configuration as its processes use it."""

    def __init__(self, path: Path) -> None:
        self.document = yaml.safe_load(path.read_text())
        self.broker: str = self.document["broker"]
        self.task = self._toy() if "toy" in self.document else self._detect(path)

    def options(self, member: str) -> RunnerOptions:
        """What the runner of `member` is told."""
        return RunnerOptions(member=member, **self.document["worker"])

    @property
    def output_topics(self) -> list[str]:
        """The topics whose bytes have to agree: all but input and snapshots."""
        other = {*self.task.inputs, self.task.snapshot_topic}
        return [spec.name for spec in self.task.topics if spec.name not in other]

    def _toy(self) -> Task:
        return ToyTask(self.document["toy"]["partitions"])

    def _detect(self, path: Path) -> Task:
        # Compiled code is imported only where it is run.
        from models.detector import DetectorBank
        from stream.settings import load
        from stream.tasks.detect import DetectTask

        return DetectTask(load(path), "crash", DetectorBank)
