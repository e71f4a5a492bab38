"""A predictor's partition, its records, and what came of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import jsonschema

from stream.codec import schema
from stream.codec.kinds import KIND
from stream.codec.prediction.control import promotion_record
from stream.records import Headers, Record, TopicPartition
from stream.settings import Settings, loads
from stream.tasks.predict import PredictState, PredictTask
from stream.tasks.protocol import Output

CHECKS = {
    topic: jsonschema.Draft202012Validator(schema(name))
    for topic, name in {
        "pages.predictions": "prediction",
        "pages.metrics": "prediction-metrics",
        "pages.changes": "model-change",
    }.items()
}
MODELS = "{plain: [StandardScaler, LogisticRegression], bayes: GaussianNB}"


def settings(fields: str = "", source: str = "id: id", models: str = MODELS) -> Settings:
    """A predictor `pages`. fields: of its section; source: of its input."""
    return loads(
        f"""
        predictors:
          pages:
            input: {{topic: pages, label: bad, timestamp: t, key: site, {source}}}
            metrics: {{every: 5, window: 10}}
            models: {models}
            {fields}
        """
    )


def task(fields: str = "", source: str = "id: id", models: str = MODELS) -> PredictTask:
    return PredictTask(settings(fields, source, models), "pages")


def state(fields: str = "", source: str = "id: id", models: str = MODELS) -> PredictState:
    made = task(fields, source, models)
    return made.open(TopicPartition(made.inputs[0], 0))


def record(
    offset: int, value: dict[str, Any] | bytes | None, key: bytes | None = None, kind: str = ""
) -> Record:
    data = json.dumps(value).encode() if isinstance(value, dict) else value
    headers: Headers = ((KIND, kind.encode()),) if kind else ()
    return Record("pages", 0, offset, 1_000, key, data, headers)


def event(offset: int, id: object, *, site: str = "a", t: float | None = None, **x: Any) -> Record:
    at = offset if t is None else t
    return record(offset, {"id": id, "site": site, "t": at, **(x or {"size": 1.0})})


def label(
    offset: int, id: object, bad: object, *, site: str = "a", t: float | None = None
) -> Record:
    at = offset if t is None else t
    return record(offset, {"id": id, "site": site, "t": at, "bad": bad})


def promotion(offset: int, model: str, predictor: str = "pages") -> Record:
    sent = promotion_record("pages", 0, predictor, model, 1_000_000 * offset)
    return Record("pages", 0, offset, 1_000, sent.key, sent.value, sent.headers)


def said(outputs: Iterable[Output], what: str = "predictions") -> list[dict[str, Any]]:
    """The documents of one topic, each checked against its schema."""
    topic = f"pages.{what}"
    documents = [json.loads(o.record.value or b"") for o in outputs if o.record.topic == topic]
    for document in documents:
        CHECKS[topic].validate(document)
    return documents


def refusals(outputs: Iterable[Output]) -> list[tuple[str, str]]:
    """Reason and detail of every dead letter."""
    letters = [dict(o.record.headers) for o in outputs if o.record.topic == "pages.dlq"]
    return [
        (h["cutstream.error.reason"].decode(), h["cutstream.error.detail"].decode())
        for h in letters
    ]


def cut(records: Sequence[Record], places: Iterable[int]) -> list[Sequence[Record]]:
    """The records in batches that end at these places."""
    ends = sorted({min(place, len(records)) for place in places} | {len(records)})
    starts = [0, *ends[:-1]]
    return [records[start:end] for start, end in zip(starts, ends, strict=True)]
