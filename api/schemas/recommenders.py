"""Recommenders: their configuration, what they know, how well they do."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, WithJsonSchema

from api.schemas.answer import Answer
from api.schemas.detectors import Lag
from api.schemas.live import AsOf

MeasuredScope = Annotated[
    dict[str, Any], WithJsonSchema({"allOf": [{"$ref": "#/components/schemas/Scope"}]})
]


class Recommender(Answer):
    """One recommender: how it is configured, and where it stands."""

    name: str = Field(examples=["films"])
    topics: dict[str, str] = Field(
        description="Its topics, by what they are for; those that it does not have are left out.",
        examples=[{"input": "ratings", "output": "ratings.recommendations"}],
    )
    log: str = Field(
        description="The topic that its state is computed from, whose offsets count.",
        examples=["ratings"],
    )
    group: str = Field(description="Its consumer group.", examples=["cutstream.films"])
    lag: Lag = Field(description="Of the recommender, in that topic.")
    links: dict[str, str] = Field(examples=[{"metrics": "/v1/recommenders/films/metrics"}])


class Recommenders(Answer):
    """Every configured recommender."""

    recommenders: list[Recommender]


class Visited(Answer):
    """One interaction that is remembered."""

    item: str = Field(examples=["i3"])
    type: str = Field(description="The type of the interaction.", examples=["interaction"])
    weight: float = Field(description="How much it says for the item.", examples=[1.0])
    time: str = Field(description="Its event time.", examples=["2024-03-01T09:25:00.000000Z"])


class UserKnown(Answer):
    """What a recommender knows of a user now."""

    recommender: str = Field(examples=["films"])
    user: str = Field(examples=["u7"])
    as_of: AsOf
    interactions: int = Field(
        description="Learned from so far, forgotten ones included.", examples=[31]
    )
    history: list[Visited] = Field(description="Those remembered, newest first.")


class ItemKnown(Answer):
    """What a recommender knows of an item now."""

    recommender: str = Field(examples=["films"])
    item: str = Field(examples=["i3"])
    as_of: AsOf
    interactions: int = Field(description="Learned from so far.", examples=[212])
    categories: list[str] = Field(examples=[["comedy"]])
    tags: list[str] = Field(examples=[["4k"]])
    numbers: dict[str, float] = Field(examples=[{"year": 1999}])
    text: str = Field(examples=["Some film"])
    hidden: bool = Field(description="Whether it is never recommended.", examples=[False])


class Measures(Answer):
    """How well a recommender does: each interaction was ranked before it was learned."""

    recommender: str = Field(examples=["films"])
    as_of: AsOf
    k: int = Field(description="The k of recall and nDCG.", examples=[10])
    cold: int = Field(
        description="Interactions from which a user or an item is not cold.", examples=[5]
    )
    total: MeasuredScope = Field(description="Over all interactions that were ranked.")
    window: MeasuredScope = Field(description="Over the newest of them.")
