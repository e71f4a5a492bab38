"""Which of a task's newest records are asked for."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from api.instants import UNITS, Instant


class RecentParameters(BaseModel):
    """By entity and event time, page by page."""

    model_config = ConfigDict(extra="forbid")

    entity: str | None = Field(default=None, description="The exact entity.", examples=["pump-7"])
    start: Instant | None = Field(
        default=None,
        alias="from",
        description=f"Earliest event time, inclusive: RFC 3339, or since the epoch ({UNITS}).",
        examples=["2020-03-01T00:00:00Z"],
    )
    end: Instant | None = Field(
        default=None,
        alias="to",
        description=f"Latest event time, exclusive: RFC 3339, or since the epoch ({UNITS}).",
        examples=["1583020800000"],
    )
    limit: int = Field(default=100, ge=1, le=1000, description="Most records of one page.")
    cursor: str | None = Field(
        default=None, description="The `next_cursor` of the same query's page before."
    )
