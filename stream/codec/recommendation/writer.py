"""What a recommender says, as output records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from stream.codec.cloud_events import EventHeaders
from stream.codec.recommendation.measured import Figures, RecommenderMetricsRecord, Scope
from stream.codec.recommendation.record import (
    RecommendationRecord,
    RecommendedItem,
    Trigger,
)
from stream.codec.rounding import DIGITS
from stream.codec.score import Source
from stream.codec.timestamps import FIRST, LAST, to_rfc3339
from stream.records import Headers, Outgoing, Record

if TYPE_CHECKING:
    from models.recommend.measures import measures as measured
    from models.recommend.measures.tally import Tally
    from models.recommend.records import Recommended


class Topics(NamedTuple):
    """Where what goes."""

    output: str
    metrics: str


class Said(NamedTuple):
    """All of a recommendation but its items."""

    user: str | None
    time: float
    """Event time, seconds since the epoch."""
    trigger: Trigger
    key: bytes | None
    """Of the record."""
    request: str | None = None
    ordinal: int = 0
    """How many recommendations the same input record has caused before."""


class RecommendationWriter:
    """Writes one recommender's records, numbers rounded to nine digits.

    `record` is what caused an output, as the input had it: its place is that of the output's id.
    """

    def __init__(self, recommender: str, topics: Topics) -> None:
        self._recommender = recommender
        self._topics = topics
        self._recommendation = EventHeaders("recommendation", recommender, owner="recommenders")
        self._metrics = EventHeaders("recommendation-metrics", recommender, owner="recommenders")
        self._encode = msgspec.json.Encoder().encode

    def recommendation(self, record: Record, said: Said, items: Sequence[Recommended]) -> Outgoing:
        """Items for a user."""
        part = str(said.ordinal) if said.ordinal else None
        value = RecommendationRecord(
            recommender=self._recommender,
            user=said.user,
            id=self._recommendation.identity(record, part),
            time=to_rfc3339(_micros(said.time)),
            trigger=said.trigger,
            request=said.request,
            items=tuple(map(recommended_item, items)),
            source=_source(record),
        )
        subject = None if said.user is None else said.user.encode()
        headers = self._recommendation.make(record, subject, value.time, part)
        return self._outgoing(self._topics.output, said.key, value, headers, said.time)

    def forgotten(self, record: Record, user: str, time: float) -> Outgoing:
        """That there are no recommendations for a user any more."""
        subject = user.encode()
        headers = self._recommendation.make(record, subject, to_rfc3339(_micros(time)))
        return Outgoing(self._topics.output, subject, None, headers, _stamp(time))

    def metrics(
        self, record: Record, time: float, interactions: int, found: measured.Measures
    ) -> Outgoing:
        """How well the interactions were foreseen."""
        value = RecommenderMetricsRecord(
            recommender=self._recommender,
            time=to_rfc3339(_micros(time)),
            interactions=interactions,
            k=found.cutoff,
            cold=found.cold,
            total=measured_scope(found.total),
            window=measured_scope(found.window),
            source=_source(record),
        )
        key = self._recommender.encode()
        headers = self._metrics.make(record, None, value.time)
        return self._outgoing(self._topics.metrics, key, value, headers, time)

    def _outgoing(
        self,
        topic: str,
        key: bytes | None,
        value: msgspec.Struct,
        headers: Headers,
        time: float,
    ) -> Outgoing:
        # Without a key records would rotate through the partitions, not the same way on a replay.
        partition = 0 if key is None else None
        return Outgoing(topic, key, self._encode(value), headers, _stamp(time), partition)


def recommended_item(found: Recommended) -> RecommendedItem:
    """An item as records and answers have it."""
    propensity = None if found.propensity is None else _nine(found.propensity)
    return RecommendedItem(found.item, _nine(found.score), found.source, found.because, propensity)


def measured_scope(scope: measured.Scope) -> Scope:
    """Measures as records and answers have them."""
    return Scope(
        _figures(scope.everything),
        _figures(scope.cold_users),
        _figures(scope.cold_items),
        _maybe(scope.coverage),
        _maybe(scope.novelty),
    )


def _figures(tally: Tally) -> Figures:
    return Figures(tally.tests, _maybe(tally.recall), _maybe(tally.ndcg), _maybe(tally.mrr))


def _maybe(value: float | None) -> float | None:
    return None if value is None else _nine(value)


def _nine(value: float) -> float:
    """The number with nine significant digits, as in every output."""
    return float(f"{value:.{DIGITS}g}")


def _micros(time: float) -> int:
    return min(max(round(time * 1_000_000), FIRST), LAST)


def _stamp(time: float) -> int:
    """Logs keep no times before 1970; the record itself does."""
    return max(_micros(time) // 1_000, 0)


def _source(record: Record) -> Source:
    return Source(record.topic, record.partition, record.offset)
