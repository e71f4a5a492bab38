"""What a predictor's models say and are, as output records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from stream.codec.cloud_events import EventHeaders
from stream.codec.keys import entity_text
from stream.codec.prediction.change import ChangeRecord
from stream.codec.prediction.decoder import Told
from stream.codec.prediction.measured import (
    ConfusionCell,
    Figures,
    MetricsRecord,
    ModelMetrics,
)
from stream.codec.prediction.record import ModelAnswer, Outcome, PredictionRecord
from stream.codec.rounding import DIGITS
from stream.codec.score import Source
from stream.codec.timestamps import to_rfc3339
from stream.records import Headers, Outgoing, Record

if TYPE_CHECKING:
    from models.online.records import Answer, Drift, Prediction


class Topics(NamedTuple):
    """Where what goes."""

    output: str
    metrics: str
    changes: str


class PredictionWriter:
    """Writes one predictor's records, numbers rounded to nine digits.

    Each stands in the partition of the record that it comes from, with its event time.
    """

    def __init__(self, predictor: str, topics: Topics) -> None:
        self._predictor = predictor
        self._topics = topics
        self._prediction = EventHeaders("prediction", predictor, owner="predictors")
        self._metrics = EventHeaders("prediction-metrics", predictor, owner="predictors")
        self._change = EventHeaders("model-change", predictor, owner="predictors")
        self._encode = msgspec.json.Encoder().encode

    def prediction(
        self, record: Record, told: Told, prediction: Prediction, labels: int
    ) -> Outgoing:
        """What was said of an event. labels: how many the models had learned before."""
        answers = {model: model_answer(answer) for model, answer in prediction.answers.items()}
        champion = answers.get(prediction.champion)
        said = PredictionRecord(
            predictor=self._predictor,
            entity=entity_text(told.entity),
            id=told.id,
            time=to_rfc3339(told.time),
            prediction=None if champion is None else champion.prediction,
            probabilities=None if champion is None else champion.probabilities,
            model=prediction.champion,
            models=answers,
            imputed=prediction.imputed,
            labels=labels,
            source=_source(record),
        )
        headers = self._prediction.make(record, told.entity, said.time)
        return self._outgoing(self._topics.output, told.entity, said, headers, record, told.time)

    def metrics(
        self,
        record: Record,
        entity: bytes | None,
        time: int,
        champion: str,
        measures: Mapping[str, Mapping[str, Any]],
        events: Mapping[str, int],
    ) -> Outgoing:
        """How good the models have been. measures, events: those of
        models.online.Predictor, its `measures` and `counts`."""
        said = MetricsRecord(
            predictor=self._predictor,
            entity=None if entity is None else entity_text(entity),
            time=to_rfc3339(time),
            model=champion,
            models={model: _metrics(found) for model, found in measures.items()},
            labels=events["labelled"],
            events=dict(events),
            source=_source(record),
        )
        headers = self._metrics.make(record, entity, said.time)
        return self._outgoing(self._topics.metrics, entity, said, headers, record, time)

    def drift(self, record: Record, entity: bytes | None, time: int, drift: Drift) -> Outgoing:
        """That a model's error has risen."""
        said = ChangeRecord(
            predictor=self._predictor,
            entity=None if entity is None else entity_text(entity),
            time=to_rfc3339(time),
            change=drift.level,
            action=drift.action,
            model=drift.model,
            previous=None,
            detector=drift.detector,
            labels=drift.labels,
            before=_nine(drift.before),
            after=_nine(drift.after),
            source=_source(record),
        )
        return self._changed(said, record, entity, time)

    def promotion(self, record: Record, time: int, model: str, previous: str) -> Outgoing:
        """That a model is champion of all entities of the partition."""
        said = ChangeRecord(
            predictor=self._predictor,
            entity=None,
            time=to_rfc3339(time),
            change="promotion",
            action="promote",
            model=model,
            previous=previous,
            detector=None,
            labels=None,
            before=None,
            after=None,
            source=_source(record),
        )
        return self._changed(said, record, None, time)

    def _changed(
        self, said: ChangeRecord, record: Record, entity: bytes | None, time: int
    ) -> Outgoing:
        # One label may change several models.
        part = f"{said.model}-{said.change}"
        headers = self._change.make(record, entity, said.time, part)
        return self._outgoing(self._topics.changes, entity, said, headers, record, time)

    def _outgoing(
        self,
        topic: str,
        entity: bytes | None,
        said: msgspec.Struct,
        headers: Headers,
        record: Record,
        time: int,
    ) -> Outgoing:
        # Logs keep no times before 1970; the record itself does.
        stamp = max(time // 1_000, 0)
        return Outgoing(topic, entity, self._encode(said), headers, stamp, record.partition)


def class_text(label: object) -> str:
    """A class as the name of a field."""
    return ("true" if label else "false") if isinstance(label, bool) else str(label)


def model_answer(answer: Answer) -> ModelAnswer:
    """What one model said, as records and answers have it."""
    probabilities = answer.probabilities
    named = None
    if probabilities is not None:
        named = {class_text(label): _nine(share) for label, share in probabilities.items()}
    return ModelAnswer(_outcome(answer.value), named, answer.error)


def _outcome(value: Any) -> Outcome | None:  # noqa: ANN401 - a class or a number of any type
    return _nine(value) if isinstance(value, float) else value


def _metrics(found: Mapping[str, Any]) -> ModelMetrics:
    total, window = found["total"] or {}, found["window"] or {}
    cells = tuple(ConfusionCell(*cell) for cell in total.get("confusion", ()))
    counts = {name: value for name, value in found.items() if type(value) is int}
    return ModelMetrics(counts, _figures(total), _figures(window), cells)


def _figures(found: Mapping[str, Any]) -> Figures:
    return {
        name: _nine(value) if isinstance(value, float) else value
        for name, value in found.items()
        if name != "confusion"
    }


def _nine(value: float) -> float:
    """The number with nine significant digits, as in every output."""
    return float(f"{value:.{DIGITS}g}")


def _source(record: Record) -> Source:
    return Source(record.topic, record.partition, record.offset)
