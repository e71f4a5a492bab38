"""The settings of the topics around a task."""

from __future__ import annotations

from pydantic import Field

from stream.codec.decoder import MissingPolicy
from stream.codec.formats.names import Format
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
from stream.transports.protocol import TopicSpec

WEEK_MS = 604_800_000


class ReadSettings(Section):
    """A topic that a task reads."""

    topic: TopicName = Field(description="Topic to read.")
    format: Format = Field(
        default="json",
        description=(
            "Form of the record values: `json`, or in the framing of a schema registry `avro`, "
            "`json-schema` or `protobuf`."
        ),
    )
    partitions: Integer = Field(default=1, ge=1, le=10_000, description="Partitions of the topic.")

    def spec(self) -> TopicSpec:
        """The topic as it is declared."""
        return TopicSpec(self.topic, self.partitions)


class SourceSettings(ReadSettings):
    """A topic that a task reads, of records with a time."""

    timestamp: FieldPath | None = Field(
        default=None,
        description=(
            "Field path of the event time: RFC 3339 text, or an epoch number whose unit follows "
            "from its magnitude. Null takes the record's timestamp."
        ),
    )
    retention: Duration = Field(
        default=None, description="Age at which records may be deleted; null keeps them."
    )

    def spec(self) -> TopicSpec:
        """The topic as it is declared."""
        return TopicSpec(self.topic, self.partitions, self.retention)


class KeyedSettings(SourceSettings):
    """A topic that a task reads, of records about entities."""

    partitions: Integer = Field(
        default=1, ge=1, le=10_000, description="Partitions of this topic and of all outputs."
    )
    key: FieldPaths = Field(
        default=(),
        description=(
            "Field path of the entity, or a list of paths for a composite key. Null takes the "
            "record's key, and one single entity where that is null."
        ),
    )


class InputSettings(KeyedSettings):
    """What a detector reads, and where its records carry what."""

    rekey: Rekey = Field(
        default="auto",
        description=(
            "Whether records first go through an internal topic whose key is the entity, so that "
            "all of an entity meet in one partition. `auto`: when `key` names fields and the topic "
            "has more than one partition; false: the producers key by the entity already."
        ),
    )
    features: Features = Field(
        description="Names of the numeric features with their field paths, or a list of paths."
    )
    missing: MissingPolicy = Field(
        default="impute",
        description=(
            "What happens to a record with an absent or null feature: estimate the value, skip the "
            "record, or send it to the dead letters."
        ),
    )


class RekeyedSettings(Section):
    """Where records go between being keyed by their entity and being scored."""

    topic: TopicName = Field(
        default_factory=str,
        description=(
            "Internal topic, made only where records are keyed anew; by default "
            "`cutstream.<detector>.rekeyed`."
        ),
    )
    retention: Duration = Field(
        default=WEEK_MS,
        description="Time since re-keying after which records may be deleted; null keeps them.",
    )


class OutputSettings(Section):
    """Where score records go."""

    topic: TopicName = Field(
        default_factory=str, description="Topic to write; by default `<input topic>.scores`."
    )
    format: Format = Field(
        default="json", description="Form of the record values, as in `input.format`."
    )
    retention: Duration = Field(
        default=None, description="Event-time age at which records may be deleted; null keeps them."
    )


class AlertSettings(Section):
    """Where anomalies go, each as an alert of its own beside its score."""

    enabled: bool = Field(default=True, description="Whether alerts are written at all.")
    topic: TopicName = Field(
        default_factory=str, description="Topic to write; by default `<input topic>.alerts`."
    )
    format: Format = Field(
        default="json", description="Form of the record values, as in `input.format`."
    )
    retention: Duration = Field(
        default=None, description="Event-time age at which alerts may be deleted; null keeps them."
    )


class DeadLetterSettings(Section):
    """Where records go that cannot be used."""

    topic: TopicName = Field(
        default_factory=str, description="Topic to write; by default `<input topic>.dlq`."
    )
    retention: Duration = Field(
        default=None, description="Age at which records may be deleted; null keeps them."
    )


class SnapshotSettings(Section):
    """Where the state goes."""

    topic: TopicName = Field(
        default_factory=str,
        description="Compacted topic; by default `cutstream.<task>.snapshots`.",
    )
