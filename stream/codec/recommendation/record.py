"""The recommendation record: what a recommender would show a user."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from stream.codec.score import Source

Trigger = Literal["change", "request"]

EventTime = Annotated[
    str,
    Meta(
        pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$",
        description="Event time: RFC 3339 in UTC, with microseconds.",
    ),
]
RecommenderName = Annotated[str, Meta(min_length=1, description="Name of the recommender.")]


class RecommendedItem(msgspec.Struct, frozen=True, gc=False):
    """One recommended item."""

    item: Annotated[str, Meta(min_length=1, description="The item.")]
    score: Annotated[
        float, Meta(description="Higher is better; comparable within one record alone.")
    ]
    source: Annotated[
        str, Meta(description="What put it there: the name of a model, `explore`, `pinned`...")
    ]
    because: Annotated[
        str | None, Meta(description="An item of the user's own that led to it, if there is one.")
    ]
    propensity: Annotated[
        Annotated[float, Meta(gt=0.0, le=1.0)] | None,
        Meta(description="With which probability it was chosen, where chance had a part."),
    ]


class RecommendationRecord(msgspec.Struct, frozen=True, gc=False):
    """What a recommender would show a user."""

    recommender: RecommenderName
    user: Annotated[str | None, Meta(description="For whom; null where a request named nobody.")]
    id: Annotated[str, Meta(min_length=1, description="Of this record, the same on a replay.")]
    time: EventTime
    trigger: Annotated[
        Trigger,
        Meta(description="`change`: the user has done something. `request`: it was asked for."),
    ]
    request: Annotated[str | None, Meta(description="The `id` of the request, where it had one.")]
    items: Annotated[tuple[RecommendedItem, ...], Meta(description="The best first.")]
    source: Annotated[Source, Meta(description="The input record that caused it.")]
