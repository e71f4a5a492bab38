"""Predictors: their configuration, their models side by side, their predictions, and what they would say."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictStr, WithJsonSchema

from api.places import Fresh
from api.schemas.answer import Answer
from api.schemas.detectors import Lag
from api.schemas.live import AsOf, Number
from api.schemas.records import Place

PredictionRecord = Annotated[
    dict[str, Any], WithJsonSchema({"$ref": "#/components/schemas/PredictionRecord"})
]
ModelAnswer = Annotated[
    dict[str, Any], WithJsonSchema({"$ref": "#/components/schemas/ModelAnswer"})
]
Outcome = Annotated[
    bool | int | float | str | None,
    WithJsonSchema({"type": ["boolean", "number", "string", "null"]}),
]


class Predictor(Answer):
    """One predictor: how it is configured, and where it stands."""

    name: str = Field(examples=["sites"])
    task: str = Field(description="`classification` or `regression`.", examples=["classification"])
    scope: str = Field(
        description="Who has models of his own: every `entity`, or every `partition`.",
        examples=["partition"],
    )
    models: list[str] = Field(examples=[["logistic", "tree"]])
    champions: list[str] = Field(
        description="By partition, the model whose answer is the prediction.",
        examples=[["logistic"]],
    )
    topics: dict[str, str] = Field(
        description="Its topics, by what they are for; those that it does not have are left out.",
        examples=[{"input": "sites", "output": "sites.predictions"}],
    )
    log: str = Field(
        description="The topic that its states are computed from, whose offsets count.",
        examples=["sites"],
    )
    group: str = Field(description="Its consumer group.", examples=["cutstream.sites"])
    lag: Lag = Field(description="Of the predictor, in that topic.")
    links: dict[str, str] = Field(examples=[{"metrics": "/v1/predictors/sites/metrics"}])


class Predictors(Answer):
    """Every configured predictor."""

    predictors: list[Predictor]


class ModelStanding(Answer):
    """One model among the others."""

    model: str = Field(examples=["logistic"])
    role: str = Field(
        description="`champion`, `challenger`, or of how many partitions it is champion.",
        examples=["champion"],
    )
    counts: dict[str, int] = Field(examples=[{"learned": 1250, "warnings": 1, "drifts": 0}])
    figures: dict[str, float | None] = Field(
        description=(
            "By measure; where there are several states, their means weighted by labels, and "
            "`labels` their sum."
        ),
        examples=[{"accuracy": 0.88, "labels": 1000}],
    )


class Standings(Answer):
    """A predictor's models, side by side."""

    predictor: str = Field(examples=["sites"])
    models: list[ModelStanding] = Field(description="In the order of the configuration.")
    states: int = Field(
        description="How many metrics records this is made of: one per partition, or per entity.",
        examples=[1],
    )
    events: dict[str, int] = Field(
        description="What became of events.", examples=[{"predicted": 1250, "labelled": 1200}]
    )


class PredictionPage(Answer):
    """One page of prediction records."""

    predictions: list[PredictionRecord] = Field(
        description="As they are on the topic, newest first."
    )
    next_cursor: str | None = Field(
        description="The `cursor` of the next page; null on the last.", examples=[None]
    )


class Supposed(Fresh):
    """An event that might come next."""

    model_config = ConfigDict(extra="forbid")

    features: dict[str, StrictBool | Number | StrictStr | None] = Field(
        description="The features by name; one that is null or absent is missing.",
        examples=[{"long_url": 1.0, "https": 0.0}],
    )
    entity: str = Field(
        default="all",
        min_length=1,
        description="Whose event it is; `all` where events have no key.",
        examples=["all"],
    )


class Foreseen(Answer):
    """What a predictor would say of an event; the fields are those of a prediction record."""

    predictor: str = Field(examples=["sites"])
    entity: str = Field(examples=["all"])
    as_of: AsOf
    prediction: Outcome = Field(
        description="The champion's; null where it has none yet.", examples=[True]
    )
    probabilities: dict[str, float] | None = Field(
        description="The champion's, by class; null where none is known.",
        examples=[{"true": 0.93, "false": 0.07}],
    )
    model: str = Field(description="The champion.", examples=["logistic"])
    models: dict[str, ModelAnswer] = Field(description="By model, what it says.")
    imputed: list[str] = Field(examples=[[]])


class Choice(BaseModel):
    """The model that is to be champion."""

    model_config = ConfigDict(extra="forbid")

    model: str = Field(description="One of the predictor's models.", examples=["tree"])


class Promoted(Answer):
    """From where on a model is champion."""

    predictor: str = Field(examples=["sites"])
    model: str = Field(examples=["tree"])
    written: list[Place] = Field(description="The control record of every partition.")
