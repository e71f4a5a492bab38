"""`POST /v1/detectors/{name}/entities/{key}/score`, `GET /v1/detectors/{name}/live/{key}`."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from api.answers import JSONBytes
from api.deps import Detector, DetectorDep
from api.places import FreshParameters, as_of
from api.schemas.live import LiveEntity, WhatIf, WhatIfScores
from api.schemas.problems import Problem
from models.errors import InvalidParameter
from stream.codec.judgement import Judgement
from stream.live.states import Place
from stream.runtime.partition import OwnedPartition
from stream.tasks.detect.inquiry import Row

router = APIRouter(prefix="/v1/detectors/{name}", tags=["live"])

MOST_COMPARED = 10
"""Records that are compared with the whole sample at once: the detector stands still meanwhile."""
NOT_NOW: dict[int | str, dict[str, Any]] = {
    404: {"model": Problem, "description": "The entity has no state."},
    409: {"model": Problem, "description": "The state does not hold the record, yet."},
    421: {"model": Problem, "description": "This process does not hold the state."},
    503: {"model": Problem, "description": "The state is being restored."},
}
Key = Annotated[str, Path(description="The entity; it may hold slashes.", examples=["pump-7"])]


@router.post(
    "/entities/{key:path}/score",
    summary="What if",
    response_model=WhatIfScores,
    responses=NOT_NOW,
)
def what_if(detector: DetectorDep, key: Key, question: WhatIf) -> JSONBytes:
    """What the detector would say of records, were each the entity's next. It changes nothing."""
    rows = [question.values] if isinstance(question.values, dict) else question.values
    if question.neighbours and len(rows) > MOST_COMPARED:
        rule = f"0 where more than {MOST_COMPARED} records are asked for"
        raise InvalidParameter("neighbours", "the question", rule, question.neighbours)
    after = None if question.after is None else Place(**question.after.model_dump())
    entity, inquiry = entity_bytes(key), detector.live.inquiry
    with detector.live.states.holding(entity, after, question.wait) as owned:
        held = as_of(owned)
        judged = inquiry.score(owned.state, entity, rows)
        near = [_neighbours(detector, owned, entity, row, question.neighbours) for row in rows]
    scores = [
        {**_fields(judgement), "neighbours": found}
        for judgement, found in zip(judged, near, strict=True)
    ]
    return JSONBytes({"detector": detector.name, "entity": key, "as_of": held, "scores": scores})


@router.get(
    "/live/{key:path}", summary="One entity now", response_model=LiveEntity, responses=NOT_NOW
)
def live_entity(
    detector: DetectorDep, key: Key, parameters: Annotated[FreshParameters, Query()]
) -> JSONBytes:
    """Where the entity's detector stands now, not only as of its newest snapshot."""
    entity = entity_bytes(key)
    with detector.live.states.holding(entity, parameters.place(), parameters.wait) as owned:
        held = as_of(owned)
        standing = detector.live.inquiry.standing(owned.state, entity)
    named = {"detector": detector.name, "entity": key, "as_of": held}
    return JSONBytes({**named, **standing._asdict()})


def entity_bytes(key: str) -> bytes:
    """The entity that a path names. Any text is allowed, even what UTF-8 cannot hold."""
    return key.encode("utf-8", "surrogatepass")


def _fields(judgement: Judgement) -> dict[str, Any]:
    return judgement._asdict()


def _neighbours(
    detector: Detector, owned: OwnedPartition, entity: bytes, row: Row, count: int
) -> list[dict[str, Any]] | None:
    if not count:
        return None
    found = detector.live.inquiry.nearest(owned.state, entity, row, count)
    return [neighbour._asdict() for neighbour in found]
