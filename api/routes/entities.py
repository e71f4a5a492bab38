"""`GET /v1/detectors/{name}/entities`, `GET /v1/detectors/{name}/entities/{key}`."""

from __future__ import annotations

from typing import Annotated, Literal, cast

import msgspec
from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from api.answers import JSONBytes
from api.deps import DetectorDep
from api.errors import UnknownResourceError
from api.instants import instant_text
from api.schemas.entities import EntityDetail, EntityItem, EntityPage, LastDecision, State
from api.schemas.scores import Status
from stream.codec.timestamps import to_rfc3339
from stream.query import DetectorView, Entity, EntityQuery, SortKey

router = APIRouter(prefix="/v1/detectors/{name}/entities", tags=["entities"])

Sort = Literal[
    "entity", "-entity", "last_seen", "-last_seen", "first_seen", "-first_seen",
    "records", "-records", "anomalies", "-anomalies", "grade", "-grade",
]  # fmt: skip


class EntityParameters(BaseModel):
    """Which entities are asked for."""

    model_config = ConfigDict(extra="forbid")

    q: str = Field(default="", description="Part of the name, blind to case.", examples=["pump"])
    sort: Sort = Field(
        default="-last_seen", description="What to sort by; a leading `-` turns the order round."
    )
    limit: int = Field(default=100, ge=1, le=1000, description="Most entities of one page.")
    cursor: str | None = Field(
        default=None, description="The `next_cursor` of the same query's page before."
    )


@router.get("", summary="Entities")
def entities(detector: DetectorDep, parameters: Annotated[EntityParameters, Query()]) -> EntityPage:
    """Every entity with recent scores or a snapshot: its counts and its last decision.

    Sorted by `entity`, pages are stable whatever arrives meanwhile; in other orders an entity whose
    value changes between two pages may be seen twice or not at all.
    """
    sort = parameters.sort
    query = EntityQuery(parameters.q, cast(SortKey, sort.removeprefix("-")), sort[0] == "-")
    page = detector.view.entities.find(query, parameters.limit, parameters.cursor)
    return EntityPage(
        entities=[_item(entity) for entity in page.entities], next_cursor=page.next_cursor
    )


@router.get("/{key:path}", summary="One entity", response_model=EntityDetail)
def one_entity(
    detector: DetectorDep,
    key: Annotated[str, Path(description="The entity; it may hold slashes.", examples=["pump-7"])],
) -> JSONBytes:
    """The state of one entity's model as of its newest snapshot, and its last score record."""
    entity = detector.view.entities.get(key)
    if entity is None:
        raise UnknownResourceError("entity", key)
    state = _state(detector.view, entity)
    return JSONBytes(
        {
            "entity": entity.entity,
            "records": entity.records,
            "anomalies": entity.anomalies,
            "first_seen": instant_text(entity.first_seen),
            "last_seen": instant_text(entity.last_seen),
            "state": None if state is None else state.model_dump(),
            "last": None if entity.last is None else msgspec.Raw(entity.last),
        }
    )


def _item(entity: Entity) -> EntityItem:
    return EntityItem(
        entity=entity.entity,
        records=entity.records,
        anomalies=entity.anomalies,
        first_seen=instant_text(entity.first_seen),
        last_seen=instant_text(entity.last_seen),
        last=_last(entity),
    )


def _last(entity: Entity) -> LastDecision | None:
    if entity.last_seen is None or entity.status is None:
        return None
    time = to_rfc3339(entity.last_seen)
    return LastDecision(time=time, status=cast(Status, entity.status), grade=entity.grade)


def _state(view: DetectorView, entity: Entity) -> State | None:
    if entity.snapshot is None:
        return None
    summary = view.states.read(entity.snapshot)
    if summary is None:
        return None
    return State(
        partition=summary.partition,
        valid_at=summary.valid_at,
        written=to_rfc3339(summary.written),
        bytes=summary.size,
        details=None if summary.details is None else dict(summary.details),
        problem=summary.problem,
    )
