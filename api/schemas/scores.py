"""Score records, as they are on the topic."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, WithJsonSchema

from api.schemas.answer import Answer
from stream.codec.score import Status

__all__ = ["ScorePage", "ScoreRecord", "Status"]

ScoreRecord = Annotated[
    dict[str, Any], WithJsonSchema({"$ref": "#/components/schemas/ScoreRecord"})
]


class ScorePage(Answer):
    """One page of score records."""

    scores: list[ScoreRecord] = Field(description="As they are on the topic, newest first.")
    next_cursor: str | None = Field(
        description="The `cursor` of the next page; null on the last.", examples=[None]
    )
