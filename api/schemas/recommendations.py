"""Recommendations: what is asked, and what is answered."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from pydantic import ConfigDict, Field, WithJsonSchema

from api.places import Fresh
from api.schemas.answer import Answer
from api.schemas.live import AsOf
from models.recommend.serving.filters import LONGEST

MOST_ITEMS = 100
"""Items of one answer."""
MOST_NAMED = 1000
"""Items that one question names."""

Count = Annotated[int, Field(ge=1, le=MOST_ITEMS, description="Most items of the answer.")]
FilterText = Annotated[
    str | None,
    Field(
        max_length=LONGEST,
        description="Only items that pass this filter.",
        examples=["category:comedy and price < 20"],
    ),
]
Named = Annotated[str, Field(min_length=1, max_length=1000)]
Draw = Annotated[
    int | None,
    Field(
        ge=0,
        lt=2**53,  # beyond, JSON numbers are not exact everywhere
        description=(
            "Chooses among the new items that may be tried out; the same draw gives the same items. "
            "Null: the state's offset."
        ),
    ),
]


class Asked(Fresh):
    """A part of what every question for items has."""

    model_config = ConfigDict(extra="forbid")

    n: Count = 10
    filter: FilterText = None


class Wished(Asked):
    """What recommendations are asked for with."""

    exclude_seen: bool = Field(
        default=True, description="Whether to leave out what the user has seen."
    )
    segment: str | None = Field(
        default=None,
        description="Category whose trending items stand in where nothing is known of the user.",
        examples=["comedy"],
    )
    exclude: list[Named] = Field(
        default=[], max_length=MOST_NAMED, description="Items to leave out."
    )
    draw: Draw = None


class UserParameters(Wished):
    """Which recommendations a user is to have."""


class Session(Wished):
    """A session to which items are to be recommended."""

    items: list[Named] = Field(
        min_length=1,
        max_length=MOST_NAMED,
        description="Its items, oldest first.",
        examples=[["i3", "i8"]],
    )
    user: Named | None = Field(
        default=None, description="Whose session it is, where that is known."
    )


class SimilarParameters(Asked):
    """Which similar items are asked for."""


class NeighbourParameters(Fresh):
    """Which similar users are asked for."""

    model_config = ConfigDict(extra="forbid")

    n: Annotated[int, Field(ge=1, le=MOST_ITEMS, description="Most users of the answer.")] = 10


RecommendedItem = Annotated[
    dict[str, Any], WithJsonSchema({"$ref": "#/components/schemas/RecommendedItem"})
]


class Likeness(msgspec.Struct, frozen=True, gc=False):
    """One neighbour on its way out; see Neighbour."""

    user: str
    likeness: float


class Recommendations(Answer):
    """The best items for a user or a session."""

    recommender: str = Field(examples=["films"])
    user: str | None = Field(description="Null for a session of nobody known.", examples=["u7"])
    as_of: AsOf
    items: list[RecommendedItem] = Field(description="The best first.")


class SimilarItems(Answer):
    """The items most like another."""

    recommender: str = Field(examples=["films"])
    item: str = Field(examples=["i3"])
    as_of: AsOf
    items: list[RecommendedItem] = Field(description="The most alike first.")


class UserLikeness(Answer):
    """One user like another."""

    user: str = Field(examples=["u9"])
    likeness: float = Field(description="Higher is more alike.", examples=[0.41])


class Neighbours(Answer):
    """The users most like another."""

    recommender: str = Field(examples=["films"])
    user: str = Field(examples=["u7"])
    as_of: AsOf
    neighbours: list[UserLikeness] = Field(description="The most alike first.")
