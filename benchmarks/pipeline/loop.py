"""How fast the worker's loop is, with the detector and without it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from threading import Event

import msgspec

from benchmarks.pipeline.stage import PARTITIONS, Running, Stage
from stream.records import Outgoing, Record, TopicPartition
from stream.tasks.detect import DetectTask
from stream.tasks.protocol import Output, Step

SCORE = b"x" * 420
"""As long as a score record."""


class Reading(msgspec.Struct):
    """An event."""

    key: str
    time: int
    value: float


decode = msgspec.json.Decoder(Reading).decode


class NoModel:
    """The detect task's input and output volume, without a model: what the loop itself costs."""

    def __init__(self, real: DetectTask, scores: str) -> None:
        self._scores = scores
        self.name, self.inputs, self.topics = real.name, real.inputs, real.topics
        self.snapshot_topic, self.configuration = real.snapshot_topic, real.configuration

    def open(self, tp: TopicPartition) -> NoModelState:
        """A state without content."""
        return NoModelState(self._scores)


class NoModelState:
    """Decodes each record, and answers with one of a score record's size."""

    def __init__(self, topic: str) -> None:
        self._topic = topic

    def process(self, records: Sequence[Record]) -> Step:
        topic = self._topic
        outputs = []
        for r in records:
            decode(r.value or b"")
            outgoing = Outgoing(topic, r.key, SCORE, (), r.timestamp, r.partition)
            outputs.append(Output(None, r.offset, outgoing))
        return Step(outputs, {})

    def entity_of(self, record: Record) -> None:
        return None

    def __contains__(self, entity: object) -> bool:
        return False

    def entities(self) -> list[bytes]:
        return []


def with_model(stage: Stage, n: int, keys: int) -> float:
    """Events a second from a filled log to committed scores; the first quarter is not counted."""
    return _rate(stage, stage.worker(10 * n // PARTITIONS), n, keys)


def without_model(stage: Stage, n: int, keys: int) -> float:
    """The same without a model."""
    task = NoModel(stage.task, stage.scores)
    return _rate(stage, stage.worker(10 * n // PARTITIONS, task), n, keys)


def _rate(stage: Stage, running: Running, n: int, keys: int) -> float:
    with stage.opened() as transport:
        stage.fill(transport, n, keys)
    running.worker.start()
    pause = Event()
    begin, first = 0.0, 0
    while (done := running.consumed()) < n:
        assert running.worker.status().live, running.worker.status()
        if not begin and done >= n // 4:
            begin, first = time.perf_counter(), done
        pause.wait(0.002)
    end = time.perf_counter()
    running.stop()
    return (n - first) / (end - begin)
