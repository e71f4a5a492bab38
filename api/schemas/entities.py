"""Entities: their counts, their state, their last decision."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from api.schemas.answer import Answer
from api.schemas.scores import ScoreRecord, Status


class LastDecision(Answer):
    """The outcome of an entity's newest score record."""

    time: str = Field(description="Its event time.", examples=["2020-03-01T09:25:00.000000Z"])
    status: Status
    grade: float = Field(description="0 = normal, up to 1 = severe.", examples=[0.0])


class EntityCounts(Answer):
    """What is known of an entity from its indexed scores."""

    entity: str = Field(examples=["pump-7"])
    records: int = Field(description="Its indexed score records.", examples=[1268])
    anomalies: int = Field(description="Those of them that are anomalies.", examples=[12])
    first_seen: str | None = Field(
        description="Earliest indexed event time.", examples=["2020-01-01T00:00:00.000000Z"]
    )
    last_seen: str | None = Field(
        description="Latest event time.", examples=["2020-03-01T09:25:00.000000Z"]
    )


class EntityItem(EntityCounts):
    """One entity in a list."""

    last: LastDecision | None = Field(description="Null where no score is known.")


class EntityPage(Answer):
    """One page of entities."""

    entities: list[EntityItem]
    next_cursor: str | None = Field(
        description="The `cursor` of the next page; null on the last.", examples=[None]
    )


class State(Answer):
    """What an entity's newest snapshot holds."""

    partition: int = Field(description="The input partition behind it.", examples=[0])
    valid_at: int | None = Field(
        description="It holds every record of the partition below this offset.", examples=[1268]
    )
    written: str = Field(
        description="The record's timestamp.", examples=["2020-03-01T09:25:00.000000Z"]
    )
    bytes: int = Field(description="Its size.", examples=[68213])
    details: dict[str, Any] | None = Field(
        description="Version, observations, sample sizes and more; null where it is not usable.",
        examples=[{"version": 1, "observations": 1268}],
    )
    problem: str | None = Field(
        description="Why it cannot be used, such as a wrong checksum; null where it can.",
        examples=[None],
    )


class EntityDetail(EntityCounts):
    """One entity: its state and its last decision."""

    state: State | None = Field(description="Null where no snapshot was written yet.")
    last: ScoreRecord | None = Field(description="Its newest score record, as on the topic.")
