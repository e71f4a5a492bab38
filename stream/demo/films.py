"""The demo's recommender: what it is sent, and what is read back of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import merge
from pathlib import Path
from typing import NamedTuple

import msgspec

from stream.codec.recommendation.measured import RecommenderMetricsRecord
from stream.demo.ratings import Item, Rating, items_beside, read_items, read_ratings
from stream.demo.simulator import simulate
from stream.records import Outgoing, TopicPartition
from stream.settings.recommender import RecommenderSettings
from stream.transports.protocol import Transport

FILMS, POPULAR = "films", "popular"
"""The recommender, and what it is compared with."""


class Films(NamedTuple):
    """Items and ratings."""

    items: Sequence[Item]
    ratings: Sequence[Rating]
    source: str
    """Where they come from."""

    @property
    def rows(self) -> int:
        """Records in all."""
        return len(self.items) + len(self.ratings)


def load_films(ratings: Path | None, items: Path | None) -> Films:
    """What the files hold, or what the simulator makes up without any. Raises DemoError."""
    if ratings is None:
        made, events = simulate()
        return Films(made, events, "a seeded simulator: made-up users and films, no real people")
    found = items_beside(ratings) if items is None else items
    described = [] if found is None else read_items(found)
    beside = "" if found is None else f" and {found.name}"
    return Films(described, read_ratings(ratings), f"{ratings.name}{beside}")


def film_records(films: Films, settings: RecommenderSettings) -> Iterator[Outgoing]:
    """All records by time; an item is told before what happens to it."""
    start = films.ratings[0].time
    described = sorted((item.since or start, 0, n) for n, item in enumerate(films.items))
    rated = ((rating.time, 1, n) for n, rating in enumerate(films.ratings))
    for time, kind, number in merge(described, rated):
        if kind == 0:
            yield _item(films.items[number], time, settings)
        else:
            yield _rating(films.ratings[number], settings)


def last_measures(log: Transport, settings: RecommenderSettings) -> RecommenderMetricsRecord | None:
    """The newest measures that a recommender has written; None before the first."""
    value = last_value(log, settings.metrics.topic)
    return None if value is None else msgspec.json.decode(value, type=RecommenderMetricsRecord)


def last_value(log: Transport, topic: str) -> bytes | None:
    """The value of the newest record of a topic of one partition; None before the first."""
    info = log.topics().get(topic)
    if info is None or info.bounds[0][1] == 0:
        return None
    end = info.bounds[0][1]
    records = list(log.read(TopicPartition(topic, 0), end - 1, end))
    return records[-1].value if records else None


def recall_so_far(log: Transport, settings: RecommenderSettings) -> str:
    """The recall of the newest measures, in words."""
    measured = last_measures(log, settings)
    recall = None if measured is None else measured.total.everything.recall
    if measured is None or recall is None:
        return "-"
    return f"recall@{measured.k} {recall:.3f}"


def _item(item: Item, time: int, settings: RecommenderSettings) -> Outgoing:
    assert settings.items is not None, "the demo's recommender has a topic of items"
    numbers = {} if item.year is None else {"year": item.year}
    document = {"categories": item.genres, "text": item.title, "numbers": numbers}
    value = msgspec.json.encode(document)
    return Outgoing(settings.items.topic, item.item.encode(), value, (), time * 1000, 0)


def _rating(rating: Rating, settings: RecommenderSettings) -> Outgoing:
    document = {
        "user": rating.user,
        "item": rating.item,
        "type": "liked" if rating.liked else "rated",
        "rating": rating.rating,
        "time": rating.time,
    }
    value = msgspec.json.encode(document)
    key = rating.user.encode()
    return Outgoing(settings.input.topic, key, value, (), rating.time * 1000, 0)
