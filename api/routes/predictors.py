"""`GET /v1/predictors`: which there are, how their models compare, what they said and would say."""

from __future__ import annotations

from time import time_ns
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api import deps
from api.answers import JSONBytes, raw
from api.deps import PredictorDep, ServicesDep
from api.lags import lag_of
from api.places import as_of
from api.routes.live import NOT_NOW, entity_bytes
from api.routes.records import REFUSED
from api.schemas.predictors import (
    Choice,
    Foreseen,
    ModelStanding,
    PredictionPage,
    Predictor,
    Predictors,
    Promoted,
    Standings,
    Supposed,
)
from api.schemas.recent import RecentParameters
from api.schemas.records import Place
from api.writing import check_writes
from models.errors import InvalidParameter
from stream.codec.prediction.writer import model_answer
from stream.query import ScoreQuery
from stream.scoreboard.promotion import promote as put_in_force
from stream.scoreboard.scoreboard import champions, newest_metrics, scoreboard

router = APIRouter(prefix="/v1/predictors", tags=["predictors"])


class MetricsParameters(BaseModel):
    """Which measures are asked for."""

    model_config = ConfigDict(extra="forbid")

    entity: str | None = Field(
        default=None, description="Only the models of this entity.", examples=["pump-7"]
    )
    view: Literal["window", "total"] = Field(
        default="window", description="Over the newest labels, or all of them."
    )


@router.get("", summary="Every predictor")
def predictors(services: ServicesDep) -> Predictors:
    """Each configured predictor: its topics, its models, who is champion, its lag."""
    found = [_answer(services, deps.predictor_of(services, n)) for n in services.live.predictors]
    return Predictors(predictors=found)


@router.get("/{name}", summary="One predictor")
def one_predictor(services: ServicesDep, predictor: PredictorDep) -> Predictor:
    """One configured predictor: its topics, its models, who is champion, its lag."""
    return _answer(services, predictor)


@router.get("/{name}/metrics", summary="Models side by side")
def standings(
    services: ServicesDep,
    predictor: PredictorDep,
    parameters: Annotated[MetricsParameters, Query()],
) -> Standings:
    """Champion and challengers, by the newest metrics record of every partition or entity."""
    settings, log = predictor.settings, services.transport
    told = newest_metrics(log, settings, parameters.entity)
    board = scoreboard(settings, told, champions(log, settings), parameters.view)
    return Standings(
        predictor=predictor.name,
        models=[ModelStanding(**one._asdict()) for one in board.models],
        states=board.states,
        events=board.events,
    )


@router.get("/{name}/predictions", summary="Recent predictions", response_model=PredictionPage)
def predictions(
    predictor: PredictorDep, parameters: Annotated[RecentParameters, Query()]
) -> JSONBytes:
    """Prediction records by entity and event time, newest event time first.

    They come from a bounded index of the newest records; the topic holds the rest. Following
    `next_cursor` visits each record of the first moment once, whatever arrives meanwhile.
    """
    query = ScoreQuery(parameters.entity, parameters.start, parameters.end)
    page = predictor.view.records.find(query, parameters.limit, parameters.cursor)
    return JSONBytes({"predictions": raw(page.records), "next_cursor": page.next_cursor})


@router.post("/{name}/predict", summary="What if", response_model=Foreseen, responses=NOT_NOW)
def predict(predictor: PredictorDep, event: Supposed) -> JSONBytes:
    """What every model would say of an event, were it the next one. It changes nothing."""
    entity = entity_bytes(event.entity)
    with predictor.live.holding(entity, event.place(), event.wait) as owned:
        held = as_of(owned)
        said = predictor.live.foresee(owned, entity, event.features)
    answers = {name: model_answer(answer) for name, answer in said.answers.items()}
    champion = answers.get(said.champion)
    return JSONBytes(
        {
            "predictor": predictor.name,
            "entity": event.entity,
            "as_of": held,
            "prediction": None if champion is None else champion.prediction,
            "probabilities": None if champion is None else champion.probabilities,
            "model": said.champion,
            "models": answers,
            "imputed": said.imputed,
        }
    )


@router.post("/{name}/promote", summary="Promote a model", responses=REFUSED)
def promote(services: ServicesDep, predictor: PredictorDep, choice: Choice) -> Promoted:
    """Make another model champion: a record of the predictor's log, which holds from there on."""
    check_writes(services.settings)
    models = predictor.settings.models
    if choice.model not in models:
        rule = f"one of {', '.join(models)}"
        raise InvalidParameter("model", "the request", rule, choice.model)
    places = put_in_force(
        services.settings, services.transport, predictor.name, choice.model, time_ns() // 1_000
    )
    written = [Place(**place._asdict()) for place in places]
    return Promoted(predictor=predictor.name, model=choice.model, written=written)


def _answer(services: deps.Services, predictor: deps.Predictor) -> Predictor:
    settings, path = predictor.settings, f"/v1/predictors/{predictor.name}"
    group = f"cutstream.{predictor.name}"
    return Predictor(
        name=predictor.name,
        task=settings.task,
        scope=settings.scope,
        models=list(settings.models),
        champions=champions(services.transport, settings),
        topics={role.value: spec.name for role, spec in settings.topics.items()},
        log=settings.log_topic,
        group=group,
        lag=lag_of(services.transport, settings.log_topic, group),
        links={
            "self": path,
            "metrics": f"{path}/metrics",
            "predictions": f"{path}/predictions",
        },
    )
