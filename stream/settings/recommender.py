"""The settings of one recommender."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

from pydantic import Field, model_validator

from stream.codec.formats.names import Format
from stream.settings.defaults import with_output_topics
from stream.settings.interactions import (
    InteractionSettings,
    ItemSettings,
    MetricsSettings,
    RecommendationSettings,
    RequestSettings,
    SequencedSettings,
    SharedSnapshotSettings,
    UserSettings,
)
from stream.settings.section import refusal
from stream.settings.task import READ, Role, Sent, TaskSettings, TopicUse
from stream.settings.topics import DeadLetterSettings, SourceSettings
from stream.transports.protocol import TopicSpec


class RecommenderSettings(TaskSettings):
    """One recommender: what it reads and writes."""

    NOUN: ClassVar[str] = "recommender"
    DERIVED: ClassVar[Mapping[str, str]] = {
        "output": "recommendations",
        "metrics": "metrics",
        "dead_letters": "dlq",
    }
    INTERNAL: ClassVar[tuple[str, ...]] = ("sequenced", "snapshots")

    input: InteractionSettings = Field(description="The interactions.")
    items: ItemSettings | None = Field(
        default=None, description="What is known of the items; null: nothing."
    )
    users: UserSettings | None = Field(
        default=None, description="Where users are forgotten; null: nowhere."
    )
    requests: RequestSettings | None = Field(
        default=None, description="Where recommendations are asked for; null: nowhere."
    )
    sequenced: SequencedSettings = Field(
        default=SequencedSettings(), description="Where all records stand in one order."
    )
    output: RecommendationSettings = Field(
        default=RecommendationSettings(), description="Where recommendations go."
    )
    metrics: MetricsSettings = Field(
        default=MetricsSettings(), description="Where measures of quality go."
    )
    dead_letters: DeadLetterSettings = Field(
        default=DeadLetterSettings(), description="Where unusable records go."
    )
    snapshots: SharedSnapshotSettings = Field(
        default=SharedSnapshotSettings(), description="Where state goes."
    )

    @model_validator(mode="before")
    @classmethod
    def _named_topics(cls, raw: object) -> object:
        return with_output_topics(raw, cls.DERIVED)

    @model_validator(mode="after")
    def _compacts_or_deletes(self) -> Self:
        if self.output.compact and self.output.retention is not None:
            raise refusal("output.retention", "null where output.compact is true", "a duration")
        return self

    @property
    def sources(self) -> dict[Role, SourceSettings]:
        """What it reads, by role."""
        found = {role: getattr(self, role.value, None) for role in Role if role in READ}
        return {role: source for role, source in found.items() if source is not None}

    @property
    def sequences(self) -> bool:
        """Whether records go through the internal topic, where they stand in one order."""
        return len(self.sources) > 1 or self.input.partitions > 1

    @property
    def log_topic(self) -> str:
        """The topic that the recommender itself reads, of one partition."""
        return self.sequenced.topic if self.sequences else self.input.topic

    @property
    def snapshot_every(self) -> int:
        """Records until its changed state is saved."""
        return self.snapshots.every

    def uses(self) -> tuple[TopicUse, ...]:
        """See TaskSettings; behind the sources, all but the outputs have one partition."""
        copied = frozenset(source.topic for source in self.sources.values())
        sequenced = TopicSpec(self.sequenced.topic, 1, self.sequenced.retention)
        between = (TopicUse(Role.SEQUENCED, sequenced, None, copied),) if self.sequences else ()
        metrics = TopicSpec(self.metrics.topic, 1, self.metrics.retention)
        return (
            *(TopicUse(role, source.spec(), role) for role, source in self.sources.items()),
            *between,
            TopicUse(Role.OUTPUT, self.output.spec(), Role.OUTPUT),
            *((TopicUse(Role.METRICS, metrics),) if self.metrics.enabled else ()),
            TopicUse(Role.DEAD_LETTERS, self._dead_letters(), None, copied),
            TopicUse(Role.SNAPSHOTS, TopicSpec(self.snapshots.topic, 1, compact=True)),
        )

    def sends(self) -> dict[str, Sent]:
        """See TaskSettings."""
        keys = {Role.INPUT: (self.input.user,)}
        return {
            source.topic: Sent(
                keys.get(role, ()), source.timestamp, source.partitions, source.format
            )
            for role, source in self.sources.items()
        }

    def formats(self) -> dict[Role, Format]:
        """See TaskSettings."""
        return {role: source.format for role, source in self.sources.items()}

    def _dead_letters(self) -> TopicSpec:
        """Dead letters keep their partition, so there are as many as any source has."""
        most = max(source.partitions for source in self.sources.values())
        return TopicSpec(self.dead_letters.topic, most, self.dead_letters.retention)
