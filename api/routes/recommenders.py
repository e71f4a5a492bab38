"""`GET /v1/recommenders`: which there are, what each knows, how well it does."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from api import deps
from api.answers import JSONBytes
from api.asking import ask, recommender_of
from api.deps import RecommenderDep, ServicesDep
from api.errors import UnknownResourceError
from api.lags import lag_of
from api.places import FreshParameters, as_of
from api.routes.live import NOT_NOW
from api.routes.recommendations import ItemId, User
from api.schemas.recommenders import ItemKnown, Measures, Recommender, Recommenders, UserKnown
from models.recommend.answers import Visit
from stream.codec.recommendation.writer import measured_scope
from stream.codec.timestamps import to_rfc3339
from stream.runtime.partition import OwnedPartition

router = APIRouter(prefix="/v1/recommenders", tags=["recommenders"])


@router.get("", summary="Every recommender")
def recommenders(services: ServicesDep) -> Recommenders:
    """Each configured recommender: its topics, its models, its lag."""
    found = [
        _answer(services, deps.recommender_of(services, n)) for n in services.live.recommenders
    ]
    return Recommenders(recommenders=found)


@router.get("/{name}", summary="One recommender")
def one_recommender(services: ServicesDep, recommender: RecommenderDep) -> Recommender:
    """One configured recommender: its topics, its models, its lag."""
    return _answer(services, recommender)


@router.get(
    "/{name}/metrics", summary="How well it does", response_model=Measures, responses=NOT_NOW
)
async def measures(
    recommender: RecommenderDep, parameters: Annotated[FreshParameters, Query()]
) -> JSONBytes:
    """The prequential measures: in total, of late, and apart for new users and items."""

    def question(owned: OwnedPartition) -> JSONBytes:
        found = recommender_of(owned.state).measures()
        named = {"recommender": recommender.name, "as_of": as_of(owned)}
        scopes = {"total": measured_scope(found.total), "window": measured_scope(found.window)}
        return JSONBytes({**named, "k": found.cutoff, "cold": found.cold, **scopes})

    return await ask(recommender.states, question, parameters.offset(), parameters.wait)


@router.get(
    "/{name}/users/{id:path}", summary="One user", response_model=UserKnown, responses=NOT_NOW
)
async def known_user(
    recommender: RecommenderDep, id: User, parameters: Annotated[FreshParameters, Query()]
) -> JSONBytes:
    """What the recommender knows of a user now."""

    def question(owned: OwnedPartition) -> JSONBytes:
        models = recommender_of(owned.state)
        found, kinds = models.describe_user(id), models.config.kinds
        if found is None:
            raise UnknownResourceError("user", id)
        history = [_visited(visit, kinds) for visit in found.history]
        named = {"recommender": recommender.name, "user": id, "as_of": as_of(owned)}
        return JSONBytes({**named, "interactions": found.interactions, "history": history})

    return await ask(recommender.states, question, parameters.offset(), parameters.wait)


@router.get(
    "/{name}/items/{id:path}", summary="One item", response_model=ItemKnown, responses=NOT_NOW
)
async def known_item(
    recommender: RecommenderDep, id: ItemId, parameters: Annotated[FreshParameters, Query()]
) -> JSONBytes:
    """What the recommender knows of an item now."""

    def question(owned: OwnedPartition) -> JSONBytes:
        found = recommender_of(owned.state).describe_item(id)
        if found is None:
            raise UnknownResourceError("item", id)
        named = {"recommender": recommender.name, "item": id, "as_of": as_of(owned)}
        data = {**found.data._asdict(), "numbers": dict(found.data.numbers)}
        del data["vector"]  # of use to machines only, and long
        return JSONBytes({**named, "interactions": found.interactions, **data})

    return await ask(recommender.states, question, parameters.offset(), parameters.wait)


def _visited(visit: Visit, kinds: tuple[str, ...]) -> dict[str, str | float]:
    return {
        "item": visit.item,
        "type": kinds[visit.kind],
        "weight": visit.weight,
        "time": to_rfc3339(round(visit.time * 1e6)),
    }


def _answer(services: deps.Services, recommender: deps.Recommender) -> Recommender:
    settings, path = recommender.settings, f"/v1/recommenders/{recommender.name}"
    group = f"cutstream.{recommender.name}"
    return Recommender(
        name=recommender.name,
        topics={role.value: spec.name for role, spec in settings.topics.items()},
        log=settings.log_topic,
        group=group,
        lag=lag_of(services.transport, settings.log_topic, group),
        links={"self": path, "metrics": f"{path}/metrics"},
    )
