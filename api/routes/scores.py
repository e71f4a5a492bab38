"""`GET /v1/detectors/{name}/scores`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api.answers import JSONBytes, raw
from api.deps import DetectorDep
from api.instants import UNITS, Instant
from api.schemas.scores import ScorePage, Status
from stream.query import ScoreQuery

router = APIRouter(prefix="/v1/detectors/{name}", tags=["scores"])


class ScoreParameters(BaseModel):
    """Which scores are asked for."""

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
    status: list[Status] = Field(
        default=[], max_length=4, description="Any of these; give it again for several."
    )
    limit: int = Field(default=100, ge=1, le=1000, description="Most records of one page.")
    cursor: str | None = Field(
        default=None, description="The `next_cursor` of the same query's page before."
    )


@router.get("/scores", summary="Recent scores", response_model=ScorePage)
def scores(detector: DetectorDep, parameters: Annotated[ScoreParameters, Query()]) -> JSONBytes:
    """Score records by entity, event time and status, newest event time first.

    They come from a bounded index of the newest records; the topic holds the rest. Following
    `next_cursor` visits each record of the first moment once, whatever arrives meanwhile.
    """
    query = ScoreQuery(
        parameters.entity, parameters.start, parameters.end, tuple(sorted(set(parameters.status)))
    )
    page = detector.view.scores.find(query, parameters.limit, parameters.cursor)
    return JSONBytes({"scores": raw(page.records), "next_cursor": page.next_cursor})
