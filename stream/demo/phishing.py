"""The demo's predictor: web sites of River's Phishing, of which it is told some time later what they were."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec
from river import datasets

from stream.codec.prediction.measured import MetricsRecord
from stream.demo.films import last_value
from stream.records import Outgoing
from stream.settings.predictor import PredictorSettings
from stream.transports.protocol import Transport

PHISHING = "phishing"
SITES = 1_250
DELAY = 50
"""Sites that come between a site and its label."""
START = int(datetime(2024, 1, 1, tzinfo=UTC).timestamp())
STEP = 60
"""The rows carry no time: the demo lets one follow each minute."""
SOURCE = f"River's Phishing, labels {DELAY} sites late"


def site_records(settings: PredictorSettings) -> Iterator[Outgoing]:
    """Every site, and DELAY sites later what it was, in one topic."""
    topic, late = settings.input.topic, deque[tuple[int, bool]]()
    for row, (features, label) in enumerate(datasets.Phishing()):
        if len(late) == DELAY:
            yield _label(topic, *late.popleft(), row)
        event = {"id": row, "time": START + row * STEP, **features}
        yield _record(topic, event, row)
        late.append((row, bool(label)))
    for number, (row, label) in enumerate(late):
        yield _label(topic, row, label, SITES + number)


def last_measures(log: Transport, settings: PredictorSettings) -> MetricsRecord | None:
    """The newest measures that the predictor has written; None before the first."""
    value = last_value(log, settings.metrics.topic)
    return None if value is None else msgspec.json.decode(value, type=MetricsRecord)


def accuracy_so_far(log: Transport, settings: PredictorSettings) -> str:
    """The champion's accuracy in the newest measures, in words."""
    measured = last_measures(log, settings)
    found = None if measured is None else measured.models[measured.model].total.get("accuracy")
    return "-" if found is None else f"accuracy {found:.1%}"


def _label(topic: str, row: int, label: bool, minute: int) -> Outgoing:
    told: dict[str, object] = {"id": row, "time": START + minute * STEP, "phishing": label}
    return _record(topic, told, minute)


def _record(topic: str, document: dict[str, object], minute: int) -> Outgoing:
    return Outgoing(
        topic, None, msgspec.json.encode(document), (), (START + minute * STEP) * 1000, 0
    )
