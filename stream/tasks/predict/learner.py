"""Those who predict and learn for one entity, or for all of a partition."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, Protocol

from models.errors import InvalidParameter
from models.online.records import Learned, Prediction
from stream.codec.prediction.decoder import Told
from stream.codec.prediction.writer import PredictionWriter
from stream.records import Outgoing, Record
from stream.tasks.predict.early import Early, EarlyLabels
from stream.tasks.predict.seen import Seen


class Models(Protocol):
    """What the task needs of models.online.predictor.Predictor: the models of one key."""

    champion: str

    def predict_one(self, event_id: str, x: Mapping[str, Any], time: float) -> Prediction: ...

    def foresee(self, x: Mapping[str, Any], time: float) -> Prediction: ...

    def learn_one(self, event_id: str, y: Any, time: float) -> Learned | None: ...  # noqa: ANN401 - a class or a number

    def waits(self, event_id: str, time: float) -> bool: ...

    def promote(self, model: str) -> None: ...

    def measures(self) -> dict[str, dict[str, Any]]: ...

    def counts(self) -> dict[str, int]: ...

    def dump(self) -> bytes: ...


class Making(NamedTuple):
    """How learners come about, and what they go by."""

    new: Callable[[], Models]
    load: Callable[[bytes], Models]
    """Raises CorruptState, IncompatibleState."""
    shared: bool
    """Whether all entities of a partition share their models."""
    every: int
    """Labels from one metrics record to the next."""
    early: int
    """How many labels may wait for their event; 0: none."""
    wait: int
    """Microseconds of event time for which they do."""


class Advanced(NamedTuple):
    """What came of a record."""

    outgoing: list[Outgoing]
    refused: InvalidParameter | None = None
    """Why its label was not learned, or its features not looked at."""


class Learner:
    """Models, and the labels that wait for their event. `models` is None before the first event."""

    def __init__(self, making: Making, writer: PredictionWriter, seen: Seen) -> None:
        self.models: Models | None = None
        self.early = EarlyLabels(making.early, making.wait)
        self._making = making
        self._writer = writer
        self._seen = seen

    def advance(self, source: Record, told: Told, champion: str) -> Advanced:
        """Predict what is an event, then learn what is a label."""
        if told.features is None and self.models is None:
            self._unmatched(told)
            return Advanced([])
        if self.models is None:
            self.models = self._making.new()
        models = self.models
        if models.champion != champion:
            models.promote(champion)
        expired = models.counts()["expired"]
        outgoing: list[Outgoing] = []
        refused = None
        try:
            # Of what is raised on, what came before stays: a prediction, where the label is bad.
            outgoing.extend(self._advanced(source, told, models))
        except InvalidParameter as error:
            refused = error
        self._seen.expired(models.counts()["expired"] - expired)
        return Advanced(outgoing, refused)

    def _advanced(self, source: Record, told: Told, models: Models) -> Iterator[Outgoing]:
        seconds = _seconds(told.time)
        waits = told.label is not None and models.waits(told.id, seconds)
        if told.features is None or waits:
            yield from self._learned(source, told, models)
            return
        labels = models.counts()["labelled"]
        prediction = models.predict_one(told.id, told.features, seconds)
        self._seen.predicted("answered" if prediction.answers else "skipped")
        yield self._writer.prediction(source, told, prediction, labels)
        early = self.early.take(told.id, told.time)
        if told.label is not None:
            yield from self._learned(source, told, models)
        elif early is not None:
            yield from self._caught_up(source, told, early, models)

    def _caught_up(
        self, source: Record, told: Told, early: Early, models: Models
    ) -> Iterator[Outgoing]:
        """Learn a label that had come before its event."""
        time = max(told.time, early.time)
        try:
            yield from self._learned(source, told._replace(label=early.label, time=time), models)
        except InvalidParameter:
            # Its own record is long past, and the event's is not to blame.
            self._seen.labelled("refused")

    def _learned(self, source: Record, told: Told, models: Models) -> Iterator[Outgoing]:
        """What a label brings about: drift, and every so often the metrics."""
        learned = models.learn_one(told.id, told.label, _seconds(told.time))
        if learned is None:
            self._unmatched(told)
            return
        self._seen.labelled("matched")
        self._seen.judged(learned.errors)
        entity = None if self._making.shared else told.entity
        for drift in learned.drifts:
            self._seen.changed(drift.model, drift.level)
            yield self._writer.drift(source, entity, told.time, drift)
        events = models.counts()
        if events["labelled"] % self._making.every == 0:
            measures = models.measures()
            self._measured(measures)
            champion = models.champion
            yield self._writer.metrics(source, entity, told.time, champion, measures, events)

    def _unmatched(self, told: Told) -> None:
        self._seen.labelled("unmatched")
        if told.label is not None and told.features is None:
            self.early.put(Early(told.id, told.label, told.time))

    def _measured(self, measures: Mapping[str, Mapping[str, Any]]) -> None:
        if not self._making.shared:
            return
        for model, found in measures.items():
            for measure, value in (found["window"] or {}).items():
                if isinstance(value, int | float):
                    self._seen.measured(model, measure, value)


def _seconds(micros: int) -> float:
    return micros / 1_000_000
