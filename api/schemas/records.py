"""Records that are written over HTTP, and where they are then."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Body
from pydantic import Discriminator, Field, Tag

from api.schemas.answer import Answer
from api.writing import MOST_RECORDS

Document = dict[str, Any]
Several = Annotated[list[Document], Field(min_length=1, max_length=MOST_RECORDS)]
Events = Annotated[
    Annotated[Document, Tag("event")] | Annotated[Several, Tag("events")],
    # So that a fault in the one form is not also told as one in the other; it is told under the tag.
    Discriminator(lambda events: "events" if isinstance(events, list) else "event"),
    Body(
        description="An interaction, or several, with the fields that the input is configured for.",
        examples=[{"user": "u7", "item": "i3", "time": "2024-03-01T09:25:00Z"}],
    ),
]
ItemDocument = Annotated[
    Document,
    Body(
        description="What is known of the item, with the fields that its topic is configured for.",
        examples=[{"categories": ["comedy"], "tags": ["4k"], "numbers": {"year": 1999}}],
    ),
]


class Place(Answer):
    """Where a record is."""

    topic: str = Field(examples=["ratings"])
    partition: int = Field(examples=[0])
    offset: int = Field(examples=[1267])


class Written(Answer):
    """Where the records are that were written."""

    written: list[Place] = Field(description="In the order of the request.")
    after: str | None = Field(
        description=(
            "What a question passes as `after` to be answered from a state that holds them; null "
            "where they first go through an internal topic."
        ),
        examples=["0:1267"],
    )
