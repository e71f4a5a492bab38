"""How good a predictor's models are, side by side, by their newest metrics records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Literal, NamedTuple, TypeVar

import msgspec

from stream.codec.prediction.change import ChangeRecord
from stream.codec.prediction.measured import Figures, MetricsRecord
from stream.records import Record, TopicPartition
from stream.replay.tail import newest_first
from stream.settings.predictor import PredictorSettings
from stream.transports.protocol import Transport

MOST = 10_000
"""Newest metrics records of a partition that are looked at."""

View = Literal["window", "total"]
Told = TypeVar("Told", MetricsRecord, ChangeRecord)

_metrics = msgspec.json.Decoder(MetricsRecord)
_change = msgspec.json.Decoder(ChangeRecord)


class Standing(NamedTuple):
    """One model among the others."""

    model: str
    role: str
    """`champion`, `challenger`, or of how many partitions it is champion."""
    counts: dict[str, int]
    """Sums of the counts of the metrics records."""
    figures: Figures
    """By measure; `labels` is a sum, the others are means over the records, weighted by labels."""


class Scoreboard(NamedTuple):
    """A predictor's models."""

    models: list[Standing]
    """In the order of the configuration."""
    states: int
    """Metrics records that this is made of: one per partition, or per entity."""
    events: dict[str, int]
    """What became of events."""


def champions(log: Transport, settings: PredictorSettings) -> list[str]:
    """The champion of every partition, as of the newest promotion that a worker has met."""
    return [
        next(_promoted(log, settings, tp), settings.config().first_champion)
        for tp in _partitions(settings.changes.topic, settings)
    ]


def newest_metrics(
    log: Transport, settings: PredictorSettings, entity: str | None = None
) -> list[MetricsRecord]:
    """The newest metrics record of every state, or of one entity's, among the newest of the topic."""
    found = []
    for tp in _partitions(settings.metrics.topic, settings):
        seen: set[str | None] = set()
        for metrics in _told(_metrics, islice(_newest(log, tp), MOST)):
            if metrics.entity not in seen and entity in (None, metrics.entity):
                seen.add(metrics.entity)
                found.append(metrics)
            if settings.scope == "partition" or (entity is not None and seen):
                break
    return found


def scoreboard(
    settings: PredictorSettings,
    records: Sequence[MetricsRecord],
    reigning: Sequence[str],
    view: View = "window",
) -> Scoreboard:
    """Champion and challengers side by side. reigning: the champion of every partition."""
    standings = []
    for model in settings.models:
        told = [record.models[model] for record in records if model in record.models]
        figures = [one.window if view == "window" else one.total for one in told]
        standings.append(
            Standing(
                model, _role(model, reigning), _sum(one.counts for one in told), _mean(figures)
            )
        )
    return Scoreboard(standings, len(records), _sum(record.events for record in records))


def _role(model: str, reigning: Sequence[str]) -> str:
    won = sum(champion == model for champion in reigning)
    if won == len(reigning):
        return "champion"
    return f"champion of {won} of {len(reigning)} partitions" if won else "challenger"


def _mean(told: Sequence[Figures]) -> Figures:
    weights = [figures.get("labels") or 0.0 for figures in told]
    names = {name: None for figures in told for name in figures if name != "labels"}
    mean: Figures = {"labels": sum(weights)}
    for name in names:
        known = [
            (value, weight)
            for figures, weight in zip(told, weights, strict=True)
            if (value := figures.get(name)) is not None
        ]
        total = sum(weight for _, weight in known)
        mean[name] = sum(value * weight for value, weight in known) / total if total else None
    return mean


def _sum(counted: Iterator[Mapping[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for counts in counted:
        for name, count in counts.items():
            total[name] = total.get(name, 0) + count
    return total


def _promoted(log: Transport, settings: PredictorSettings, tp: TopicPartition) -> Iterator[str]:
    for change in _told(_change, _newest(log, tp)):
        if change.change == "promotion" and change.model in settings.models:
            yield change.model


def _told(decoder: msgspec.json.Decoder[Told], records: Iterable[Record]) -> Iterator[Told]:
    """What the records say; those that somebody else has written there are passed over."""
    for record in records:
        try:
            yield decoder.decode(record.value or b"")
        except msgspec.MsgspecError:
            continue


def _partitions(topic: str, settings: PredictorSettings) -> list[TopicPartition]:
    return [TopicPartition(topic, number) for number in range(settings.input.partitions)]


def _newest(log: Transport, tp: TopicPartition) -> Iterator[Record]:
    info = log.topics().get(tp.topic)
    if info is None or tp.partition >= len(info.bounds):
        return
    yield from newest_first(log, tp, *info.bounds[tp.partition])
