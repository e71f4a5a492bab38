"""A configured recommender, records for it, and what comes of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

import jsonschema

from models.recommend.config import RecommenderConfig
from stream.codec import schema
from stream.codec.kinds import Kind
from stream.codec.origin import with_origin
from stream.records import Headers, Record, TopicPartition
from stream.settings import loads
from stream.tasks.protocol import Output, Piece
from stream.tasks.recommend import RecommendState, RecommendTask
from tests.stream.tasks.recommend.fakes import CountingRecommender

NOON_MS = 1_714_564_800_000
NOON = NOON_MS / 1000
VALIDATORS = {
    "shop.recommendations": jsonschema.Draft202012Validator(schema("recommendation")),
    "shop.metrics": jsonschema.Draft202012Validator(schema("recommendation-metrics")),
}
SOURCES = """
            items: {topic: films, timestamp: at}
            users: {topic: accounts}
            requests: {topic: wishes}
"""
"""The other topics, with which all records go through the internal one."""


def task(fields: str = "", source: str = "") -> RecommendTask:
    settings = loads(
        f"""
        recommenders:
          shop:
            input:
              topic: clicks
              user: who
              item: what
              type: did
              value: stars
              timestamp: at
              {source}
            types: {{view: 1, buy: 5, impression: seen, dislike: blocked, debug: ignored}}
            output: {{topic: shop.recommendations}}
            metrics: {{topic: shop.metrics, every: 7}}
            dead_letters: {{topic: shop.dlq}}
            {fields}
        """
    )
    return RecommendTask(settings, "shop", CountingRecommender)


def opened(made: RecommendTask) -> RecommendState:
    return made.open(TopicPartition(made.inputs[0], 0))


def state(fields: str = "", source: str = "") -> RecommendState:
    return opened(task(fields, source))


def fake_of(made: RecommendState) -> CountingRecommender:
    assert isinstance(made.recommender, CountingRecommender)
    return made.recommender


def record(
    offset: int,
    value: bytes | dict[str, object] | None,
    key: bytes | None = None,
    headers: Headers = (),
) -> Record:
    data = json.dumps(value).encode() if isinstance(value, dict) else value
    return Record("clicks", 0, offset, NOON_MS + offset, key, data, headers)


def click(
    offset: int, user: str = "ann", item: str = "film", did: str = "view", at: float | None = None
) -> Record:
    """An interaction, a second after that of the offset before if nothing else is said."""
    time = NOON + offset if at is None else NOON + at
    return record(offset, {"who": user, "what": item, "did": did, "at": time})


def sequenced(offset: int, kind: Kind | str, original: Record) -> Record:
    """The copy of a record in the internal topic."""
    known = kind if isinstance(kind, Kind) else None
    headers = with_origin(original, known)
    if known is None:
        headers = (*headers, ("cutstream-kind", kind.encode()))
    topic = "cutstream.shop.sequenced"
    return Record(topic, 0, offset, NOON_MS, original.key, original.value, headers)


def read(topic: str, offset: int, key: bytes | None, value: dict[str, object] | None) -> Record:
    """A record of a source."""
    data = None if value is None else json.dumps(value).encode()
    return Record(topic, 3, offset, NOON_MS + offset, key, data, ())


def said(outputs: Iterable[Output], topic: str = "shop.recommendations") -> list[dict[str, Any]]:
    """The values of the outputs on a topic, checked against their schema."""
    values = []
    for output in outputs:
        if output.record.topic == topic and output.record.value is not None:
            value = json.loads(output.record.value)
            VALIDATORS[topic].validate(value)
            values.append(value)
    return values


def headers_of(output: Output) -> dict[str, str]:
    return {name: value.decode() for name, value in output.record.headers}


def items_of(value: dict[str, Any]) -> list[str]:
    return [item["item"] for item in value["items"]]


def pieces_of(made: RecommendState) -> list[Piece]:
    return list(made.checkpoint())


def restored(
    made: RecommendTask, checkpoints: Sequence[Sequence[Piece]], at: int
) -> RecommendState:
    """A state of everything that checkpoints wrote, the newest piece of each name."""
    newest: dict[bytes, tuple[int, bytes | None]] = {}
    for number, pieces in enumerate(checkpoints):
        newest |= {name: (number, state) for name, state in pieces}
    again = opened(made)
    for name, (number, found) in sorted(newest.items(), key=lambda pair: pair[1][0]):
        if found is not None:
            again.load(name, found, number)
    again.loaded(at)
    return again


def config_of(made: RecommendState) -> RecommenderConfig:
    return fake_of(made).config
