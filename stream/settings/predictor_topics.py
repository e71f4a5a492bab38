"""The settings of the topics around a predictor."""

from __future__ import annotations

from pydantic import Field

from stream.settings.fields import (
    Duration,
    Features,
    FieldPath,
    FieldPaths,
    Integer,
    Rekey,
    TopicName,
)
from stream.settings.section import Section
from stream.settings.topics import WEEK_MS, KeyedSettings, SourceSettings


class PredictorInputSettings(KeyedSettings):
    """What a predictor reads, and where its records carry what."""

    rekey: Rekey = Field(
        default="auto",
        description=(
            "Whether records first go through the internal topic, keyed by their entity. `auto`: "
            "when `key` names fields and the topic has more than one partition. With a topic of "
            "labels they always do."
        ),
    )
    id: FieldPath | None = Field(
        default=None,
        description=(
            "Field path of the event's id, which its label names again. Null takes "
            "`<topic>-<partition>-<offset>`."
        ),
    )
    label: FieldPath | None = Field(
        default=None, description="Field path of the label; null: there are none in this topic."
    )
    features: Features | None = Field(
        default=None,
        description=(
            "Names of the features with their field paths, or a list of paths. Null takes every "
            "number, text and boolean that has no other part here."
        ),
    )
    categories: FieldPaths = Field(
        default=(),
        description="Names of the features that are categories even where they are numbers.",
    )


class LabelSettings(SourceSettings):
    """Where labels come from that have a topic of their own."""

    key: FieldPaths | None = Field(
        default=None,
        description="Field path of the entity, as in `input.key`, which is the default.",
    )
    id: FieldPath | None = Field(
        default=None, description="Field path of the event's id; by default `input.id`."
    )
    label: FieldPath | None = Field(
        default=None, description="Field path of the label; by default `input.label`."
    )


class SequencedSettings(Section):
    """Where records go between being put in one order and being predicted."""

    topic: TopicName = Field(
        default_factory=str,
        description=(
            "Internal topic, made only where it is needed; by default "
            "`cutstream.<predictor>.sequenced`."
        ),
    )
    retention: Duration = Field(
        default=WEEK_MS,
        description="Time since sequencing after which records may be deleted; null keeps them.",
    )


class PredictionSettings(Section):
    """Where prediction records go."""

    topic: TopicName = Field(
        default_factory=str, description="Topic to write; by default `<input topic>.predictions`."
    )
    retention: Duration = Field(
        default=None, description="Event-time age at which records may be deleted; null keeps them."
    )


class MetricsSettings(Section):
    """How the models are measured: each prediction against its label, before it is learned."""

    topic: TopicName = Field(
        default_factory=str, description="Topic to write; by default `<input topic>.metrics`."
    )
    every: Integer = Field(
        default=1_000, ge=1, description="Labels from one metrics record to the next."
    )
    window: Integer = Field(
        default=1_000,
        ge=1,
        le=100_000,
        description="Newest labels that the moving figures are about.",
    )
    retention: Duration = Field(
        default=None, description="Event-time age at which records may be deleted; null keeps them."
    )


class ChangeSettings(Section):
    """Where it is told what became of the models: drift, and promotions."""

    topic: TopicName = Field(
        default_factory=str, description="Topic to write; by default `<input topic>.changes`."
    )
    retention: Duration = Field(
        default=None, description="Event-time age at which records may be deleted; null keeps them."
    )
