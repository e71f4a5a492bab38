"""The configuration file of a crash test: it says which task runs, and on what."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from stream.runtime.options import RunnerOptions
from stream.tasks.protocol import Task
from stream.transports import KafkaOptions, Transport, connect
from stream.transports.kafka.options import Client
from tests.crash import predictions, purchases
from tests.crash.bulky import BulkyTask
from tests.stream.runtime.shared_toy import SharedToyTask

PARTITIONS = 4
TASKS = ("toy", "shared", "detect", "detect-several", "predict", "predict-entities", "recommend")
"""detect-several: models of River decide beside the forest. shared: the toy with a shared state. predict: the entities
of a partition share their models; predict-entities: each has its own."""
WORKER = {
    "batch_size": 500,
    "poll_timeout": 0.2,
    "snapshot_every": 2000,
    "session_timeout": 2.0,
}


SEVERAL = {
    "models": ["forest", {"HalfSpaceTrees": {"n_trees": 5, "window_size": 40}}, "OneClassSVM"],
    "combine": "max",
}


class Place(NamedTuple):
    """Where a crash test takes place."""

    broker: str
    """URL of the log."""
    name: str
    """Of the task, its group and its topics: unique on a broker that is shared."""
    client: Client = "kafka-python"

    @property
    def events(self) -> str:
        """The input topic."""
        return f"{self.name}.events"


def write_config(
    path: Path,
    place: Place,
    task: str,
    worker: Mapping[str, float],
    forest: Mapping[str, int],
    bulk: int = 0,
) -> None:
    """Write a configuration.

    task: one of TASKS. forest: n_trees and sample_size of the detector. bulk: bytes by which
    the toy's states are larger than they need be.
    """
    document: dict[str, Any] = {"broker": place.broker, "worker": {**WORKER, **worker}}
    if place.broker.startswith("kafka:"):
        # What a killed worker left open is out of the others' way after so long.
        document["kafka"] = {"client": place.client, "transaction_timeout": 4.0}
    if task in ("toy", "shared"):
        document[task] = {
            "name": place.name,
            "events": place.events,
            "partitions": PARTITIONS,
            "bulk": bulk,
        }
    elif task in ("detect", "detect-several"):
        more = SEVERAL if task == "detect-several" else {}
        document["detectors"] = {place.name: _detector(place.events, forest) | more}
    elif task == "recommend":
        every = int(worker.get("snapshot_every", WORKER["snapshot_every"]))
        document["recommenders"] = {place.name: purchases.section(place.events, every)}
    else:
        scope = "entity" if task == "predict-entities" else "partition"
        section = predictions.section(place.events, PARTITIONS, scope)
        document["predictors"] = {place.name: section}
    path.write_text(yaml.safe_dump(document))


def _detector(events: str, forest: Mapping[str, int]) -> dict[str, Any]:
    return {
        "input": {
            "topic": events,
            "partitions": PARTITIONS,
            "key": "sensor",
            "rekey": False,
            "timestamp": "time",
            "features": ["value"],
        },
        "shingle_size": 4,
        "forest": dict(forest),
    }


class CrashConfig:
    """A configuration as its processes use it."""

    def __init__(self, path: Path) -> None:
        self.document = yaml.safe_load(path.read_text())
        self.broker: str = self.document["broker"]
        makers: dict[str, Callable[[Path], Task]] = {
            "toy": self._toy,
            "shared": self._shared,
            "detectors": self._detect,
            "predictors": self._predict,
            "recommenders": self._recommend,
        }
        (section,) = makers.keys() & self.document.keys()
        self.task = makers[section](path)

    def connect(self) -> Transport:
        """Open the log."""
        return connect(self.broker, KafkaOptions(**self.document.get("kafka", {})))

    def options(self, member: str) -> RunnerOptions:
        """What the runner of `member` is told."""
        return RunnerOptions(member=member, **self.document["worker"])

    @property
    def input_topic(self) -> str:
        """Where the events are."""
        return self.task.inputs[0]

    @property
    def output_topics(self) -> list[str]:
        """The topics whose bytes have to agree: all but input and snapshots."""
        other = {*self.task.inputs, self.task.snapshot_topic}
        return [spec.name for spec in self.task.topics if spec.name not in other]

    def _toy(self, _path: Path) -> Task:
        return BulkyTask(**self.document["toy"])

    def _shared(self, _path: Path) -> Task:
        given = dict(self.document["shared"])
        return SharedToyTask(padding=given.pop("bulk"), **given)

    def _detect(self, path: Path) -> Task:
        # Compiled code is imported only where it is run.
        from models.detector import open_bank
        from stream.settings import load
        from stream.tasks.detect import DetectTask

        (name,) = self.document["detectors"]
        return DetectTask(load(path), name, open_bank)

    def _predict(self, path: Path) -> Task:
        from stream.settings import load
        from stream.tasks.predict import PredictTask

        (name,) = self.document["predictors"]
        return PredictTask(load(path), name)

    def _recommend(self, path: Path) -> Task:
        from models.recommend.recommender import Recommender
        from stream.settings import load
        from stream.tasks.recommend import RecommendTask

        (name,) = self.document["recommenders"]
        return RecommendTask(load(path), name, Recommender)
