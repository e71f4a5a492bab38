"""`GET /v1/detectors/{name}/scores`."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from api.answers import JSONBytes, raw
from api.deps import DetectorDep
from api.schemas.recent import RecentParameters
from api.schemas.scores import ScorePage, Status
from stream.query import ScoreQuery

router = APIRouter(prefix="/v1/detectors/{name}", tags=["scores"])


class ScoreParameters(RecentParameters):
    """Which scores are asked for."""

    status: list[Status] = Field(
        default=[], max_length=4, description="Any of these; give it again for several."
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
