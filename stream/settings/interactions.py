"""The settings of the topics around a recommender."""

from __future__ import annotations

from pydantic import Field

from stream.settings.fields import Duration, FieldPath, FieldPaths, Integer, Numbers, TopicName
from stream.settings.section import Section
from stream.settings.topics import WEEK_MS, ReadSettings, SnapshotSettings, SourceSettings
from stream.transports.protocol import TopicSpec


class InteractionSettings(SourceSettings):
    """What users do with items, and where the records carry what."""

    user: FieldPath = Field(description="Field path of the user.")
    item: FieldPath = Field(description="Field path of the item.")
    type: FieldPath | None = Field(
        default=None,
        description="Field path of the type of interaction; null: all are of one type.",
    )
    value: FieldPath | None = Field(
        default=None,
        description="Field path of a number that the weight of the type is multiplied by.",
    )


class ItemSettings(ReadSettings):
    """What is known of the items; the record key is the item, and null as the value removes it."""

    categories: FieldPath = Field(
        default="categories", description="Field path of a category, or an array of them."
    )
    tags: FieldPath = Field(default="tags", description="Field path of a tag, or an array of them.")
    numbers: Numbers = Field(
        default="numbers",
        description=(
            "Field path of an object of numbers, or names of numbers with their field paths, or a "
            "list of paths; for filters such as `price < 20`."
        ),
    )
    text: FieldPaths = Field(
        default=("text",), description="Field path of text, or a list of them: title, description."
    )
    hidden: FieldPath = Field(
        default="hidden", description="Field path of whether the item may not be recommended."
    )
    vector: FieldPath = Field(
        default="vector", description="Field path of an embedding, in place of all that is above."
    )
    timestamp: FieldPath | None = Field(
        default=None,
        description="Field path of the time, as in `input.timestamp`; null: the record's timestamp.",
    )

    compact: bool = Field(
        default=True,
        description="Whether the topic keeps the newest record of every item, which is all it takes.",
    )

    def spec(self) -> TopicSpec:
        """The topic as it is declared."""
        return TopicSpec(self.topic, self.partitions, compact=self.compact)


class UserSettings(ReadSettings):
    """Where users are forgotten: the record key is the user, the value null."""

    retention: Duration = Field(
        default=None, description="Age at which records may be deleted; null keeps them."
    )

    def spec(self) -> TopicSpec:
        """The topic as it is declared."""
        return TopicSpec(self.topic, self.partitions, self.retention)


class RequestSettings(UserSettings):
    """Where recommendations are asked for."""


class SequencedSettings(Section):
    """Where the records of all sources stand in one order."""

    topic: TopicName = Field(
        default_factory=str,
        description=(
            "Internal topic of one partition, made only where several partitions or topics are "
            "read; by default `cutstream.<recommender>.sequenced`."
        ),
    )
    retention: Duration = Field(
        default=WEEK_MS,
        description="Time since sequencing after which records may be deleted; null keeps them.",
    )


class RecommendationSettings(Section):
    """Where recommendation records go."""

    topic: TopicName = Field(
        default_factory=str,
        description="Topic to write; by default `<input topic>.recommendations`.",
    )
    partitions: Integer = Field(
        default=1, ge=1, le=10_000, description="Partitions of the topic; the user is the key."
    )
    compact: bool = Field(
        default=False,
        description="Whether the topic keeps the newest recommendations of every user instead.",
    )
    retention: Duration = Field(
        default=None, description="Event-time age at which records may be deleted; null keeps them."
    )

    def spec(self) -> TopicSpec:
        """The topic as it is declared."""
        return TopicSpec(self.topic, self.partitions, self.retention, compact=self.compact)


class MetricsSettings(Section):
    """Where records of measures go, and how often."""

    enabled: bool = Field(default=True, description="Whether they are written at all.")
    topic: TopicName = Field(
        default_factory=str, description="Topic to write; by default `<input topic>.metrics`."
    )
    every: Integer = Field(
        default=1000, ge=1, description="Interactions from one record of measures to the next."
    )
    retention: Duration = Field(
        default=None, description="Event-time age at which records may be deleted; null keeps them."
    )


class SharedSnapshotSettings(SnapshotSettings):
    """Where the state goes, which is one whole."""

    every: Integer = Field(
        default=100_000, ge=1, description="Records until the changed state is saved."
    )
