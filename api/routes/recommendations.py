"""Recommendations for users and for sessions, and what is like an item or a user."""

from __future__ import annotations

from functools import lru_cache, partial
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from api.answers import JSONBytes
from api.asking import ask, recommender_of
from api.deps import Recommender, RecommenderDep
from api.errors import UnknownResourceError
from api.places import as_of
from api.queries import described, query_of
from api.routes.live import NOT_NOW
from api.schemas.recommendations import (
    Likeness,
    NeighbourParameters,
    Neighbours,
    Recommendations,
    Session,
    SimilarItems,
    SimilarParameters,
    UserParameters,
)
from api.writing import NotConfiguredError
from models.recommend.records import Recommended, Request
from models.recommend.serving.filters import Filter
from stream.codec.recommendation.record import RecommendedItem
from stream.codec.recommendation.writer import recommended_item
from stream.runtime.partition import OwnedPartition

router = APIRouter(prefix="/v1/recommenders/{name}", tags=["recommendations"])

User = Annotated[str, Path(description="The user; it may hold slashes.", examples=["u7"])]
ItemId = Annotated[str, Path(description="The item; it may hold slashes.", examples=["i3"])]


@lru_cache(maxsize=1024)
def parsed(text: str) -> Filter:
    """The filter of a text. Raises InvalidParameter."""
    return Filter(text)


@router.get(
    "/users/{id:path}/recommendations",
    summary="For a user",
    response_model=Recommendations,
    responses=NOT_NOW,
    openapi_extra=described(UserParameters),
)
async def recommendations(
    recommender: RecommenderDep,
    id: User,
    parameters: Annotated[UserParameters, Depends(query_of(UserParameters))],
) -> JSONBytes:
    """The best items for a user now, best first; for one that is unknown, what stands in."""
    request = Request(
        user=id,
        n=parameters.n,
        filter=None if parameters.filter is None else parsed(parameters.filter),
        exclude=tuple(parameters.exclude),
        exclude_seen=parameters.exclude_seen,
        segment=parameters.segment,
    )
    question = partial(_recommend, recommender, request, parameters.draw)
    return await ask(recommender.states, question, parameters.offset(), parameters.wait)


@router.post("/session", summary="For a session", response_model=Recommendations, responses=NOT_NOW)
async def session(recommender: RecommenderDep, session: Session) -> JSONBytes:
    """The best items after those of a session, of a user or of nobody known. It changes nothing."""
    request = Request(
        user=session.user,
        n=session.n,
        session=tuple(session.items),
        filter=None if session.filter is None else parsed(session.filter),
        exclude=tuple(session.exclude),
        exclude_seen=session.exclude_seen,
        segment=session.segment,
    )
    question = partial(_recommend, recommender, request, session.draw)
    return await ask(recommender.states, question, session.offset(), session.wait)


@router.get(
    "/items/{id:path}/similar",
    summary="Similar items",
    response_model=SimilarItems,
    responses=NOT_NOW,
)
async def similar(
    recommender: RecommenderDep, id: ItemId, parameters: Annotated[SimilarParameters, Query()]
) -> JSONBytes:
    """The items most like another, best first."""
    chosen = None if parameters.filter is None else parsed(parameters.filter)

    def question(owned: OwnedPartition) -> JSONBytes:
        models = recommender_of(owned.state)
        if models.describe_item(id) is None:
            raise UnknownResourceError("item", id)
        found = models.similar(id, parameters.n, chosen)
        named = {"recommender": recommender.name, "item": id, "as_of": as_of(owned)}
        return JSONBytes({**named, "items": _items(found)})

    return await ask(recommender.states, question, parameters.offset(), parameters.wait)


@router.get(
    "/users/{id:path}/neighbours",
    summary="Similar users",
    response_model=Neighbours,
    responses=NOT_NOW,
)
async def neighbours(
    recommender: RecommenderDep, id: User, parameters: Annotated[NeighbourParameters, Query()]
) -> JSONBytes:
    """The users most like another, the most alike first; where the model `neighbours` is configured."""
    if "neighbours" not in recommender.settings.models:
        raise NotConfiguredError(
            f"recommenders.{recommender.name}.models must have 'neighbours' for that."
        )

    def question(owned: OwnedPartition) -> JSONBytes:
        models = recommender_of(owned.state)
        if models.describe_user(id) is None:
            raise UnknownResourceError("user", id)
        found = [Likeness(*pair) for pair in models.neighbours(id, parameters.n)]
        named = {"recommender": recommender.name, "user": id, "as_of": as_of(owned)}
        return JSONBytes({**named, "neighbours": found})

    return await ask(recommender.states, question, parameters.offset(), parameters.wait)


def _recommend(
    recommender: Recommender, request: Request, draw: int | None, owned: OwnedPartition
) -> JSONBytes:
    # What is explored stays the same until something has come, unless one asks for other draws.
    drawn = request._replace(draw=owned.offset if draw is None else draw)
    found = recommender_of(owned.state).recommend(drawn)
    named = {"recommender": recommender.name, "user": request.user, "as_of": as_of(owned)}
    return JSONBytes({**named, "items": _items(found)})


def _items(found: list[Recommended]) -> list[RecommendedItem]:
    return [recommended_item(one) for one in found]
