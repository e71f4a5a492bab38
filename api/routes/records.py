"""Records for a recommender to read: interactions, items, and users to be forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter

from api.deps import Recommender, RecommenderDep, Services, ServicesDep
from api.routes.recommendations import ItemId, User
from api.schemas.problems import Problem
from api.schemas.records import Events, ItemDocument, Written
from api.writing import (
    NotConfiguredError,
    Value,
    check_fields,
    check_json,
    check_writes,
    checked,
    document,
    places,
)
from models.recommend.checks import check_name
from stream.codec.keys import compile_key
from stream.records import Outgoing, Record
from stream.settings.topics import ReadSettings

router = APIRouter(prefix="/v1/recommenders/{name}", tags=["records"])

NO_RECORD = Record("", 0, 0, 0, None, None, ())
"""Of keys that are in the value, nothing in the record itself is asked."""
REFUSED: dict[int | str, dict[str, Any]] = {
    403: {"model": Problem, "description": "The API only reads."},
    409: {"model": Problem, "description": "No such topic is configured."},
}


@router.post("/events", summary="Interactions", responses=REFUSED)
def add_events(services: ServicesDep, recommender: RecommenderDep, events: Events) -> Written:
    """Write one interaction or several to the recommender's input: all of them, or none.

    Each is checked as the recommender will read it. Where they are is answered at once; `after`
    lets a question wait until they are learned.
    """
    check_writes(services.settings)
    source = recommender.settings.input
    check_json(source)
    given = events if isinstance(events, list) else [events]
    key_of = compile_key((source.user,))
    values = []
    for place, event in enumerate(given):
        name = f"events.{place}"
        values.append(Value(name, key_of(NO_RECORD, event), document(event, name)))
    records = checked(source.topic, values, recommender.reader.interaction)
    return _written(services, recommender, records)


@router.put("/items/{id:path}", summary="What an item is", responses=REFUSED)
def put_item(
    services: ServicesDep, recommender: RecommenderDep, id: ItemId, item: ItemDocument
) -> Written:
    """Write what is known of an item, in place of all that was known of it before."""
    check_writes(services.settings)
    source = _source(recommender, recommender.settings.items, "items")
    check_fields(item, recommender.reader.item_paths)
    value = Value("item", _key(id), document(item, "item"))
    records = checked(source.topic, [value], recommender.reader.item)
    return _written(services, recommender, records)


@router.delete("/items/{id:path}", summary="Remove an item", responses=REFUSED)
def remove_item(services: ServicesDep, recommender: RecommenderDep, id: ItemId) -> Written:
    """Write that there is no such item any more: it is forgotten, and never recommended."""
    check_writes(services.settings)
    source = _source(recommender, recommender.settings.items, "items")
    return _written(services, recommender, [Outgoing(source.topic, _key(id), None)])


@router.delete("/users/{id:path}", summary="Forget a user", responses=REFUSED)
def forget_user(services: ServicesDep, recommender: RecommenderDep, id: User) -> Written:
    """Write that everything about a user is to be forgotten: to the topic of users, else the input."""
    check_writes(services.settings)
    source = recommender.settings.users or recommender.settings.input
    return _written(services, recommender, [Outgoing(source.topic, _key(id), None)])


def _source(recommender: Recommender, source: ReadSettings | None, role: str) -> ReadSettings:
    """The topic for records of a role. Raises NotConfiguredError where there is none."""
    if source is None:
        raise NotConfiguredError(
            f"recommenders.{recommender.name}.{role}.topic must be set for that, got null."
        )
    check_json(source)
    return source


def _written(services: Services, recommender: Recommender, records: Sequence[Outgoing]) -> Written:
    return Written(**places(services.transport.append(records), recommender.settings.log_topic))


def _key(id: str) -> bytes:
    """The record key of what a path names. Raises InvalidParameter for what can be no id."""
    check_name("id", "a path", id)
    return id.encode()
