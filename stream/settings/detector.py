"""The settings of one detector."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from pydantic import Field, ValidationInfo, field_validator, model_validator

from models.detector.config import Combination, DetectorConfig, ScoreKind
from models.errors import InvalidParameter
from stream.codec.formats.names import Format
from stream.settings.defaults import with_output_topics
from stream.settings.fields import Integer, Number
from stream.settings.section import Section, refusal
from stream.settings.task import Role, Sent, TaskSettings, TopicUse
from stream.settings.topics import (
    AlertSettings,
    DeadLetterSettings,
    InputSettings,
    OutputSettings,
    RekeyedSettings,
    SnapshotSettings,
)
from stream.transports.protocol import TopicSpec

_DEFAULT = DetectorConfig(features=("value",))


def _holds(field: str, value: object) -> None:
    """Check one value by the detector's own rule, so that the rule is written once."""
    parameters: dict[str, Any] = {field: value}
    try:
        DetectorConfig(features=_DEFAULT.features, **parameters)
    except InvalidParameter as error:
        raise ValueError(error.rule) from error


class ForestSettings(Section):
    """The random cut forest of every entity."""

    n_trees: Integer = Field(default=_DEFAULT.n_trees, description="Trees of the forest.")
    sample_size: Integer = Field(
        default=_DEFAULT.sample_size, description="Points in each tree's reservoir."
    )
    time_decay: Number | None = Field(
        default=_DEFAULT.time_decay,
        description="How fast a reservoir forgets, per record; null: 1 / (10 * sample_size).",
    )
    seed: Integer = Field(default=_DEFAULT.seed, description="Makes everything random repeatable.")
    score: ScoreKind = Field(
        default=_DEFAULT.score, description="`inverse_depth` or `displacement`."
    )

    @field_validator("n_trees", "sample_size", "time_decay", "seed")
    @classmethod
    def _as_the_detector_says(cls, value: float | None, info: ValidationInfo) -> float | None:
        _holds(str(info.field_name), value)
        return value


class DecisionSettings(Section):
    """When a score becomes an anomaly."""

    alarm_rate: Number = Field(
        default=_DEFAULT.alarm_rate,
        description="Share of normal records whose tail probability may fall to the alarm level.",
    )

    @field_validator("alarm_rate")
    @classmethod
    def _as_the_detector_says(cls, value: float) -> float:
        _holds("alarm_rate", value)
        return value


class DetectorSettings(TaskSettings):
    """One detector: what it reads and writes, its forest, its decision."""

    NOUN: ClassVar[str] = "detector"
    DERIVED: ClassVar[Mapping[str, str]] = {
        "output": "scores",
        "alerts": "alerts",
        "dead_letters": "dlq",
    }
    INTERNAL: ClassVar[tuple[str, ...]] = ("rekeyed", "snapshots")

    input: InputSettings = Field(description="What the detector reads.")
    rekeyed: RekeyedSettings = Field(
        default=RekeyedSettings(), description="Where records go that are keyed anew."
    )
    output: OutputSettings = Field(default=OutputSettings(), description="Where scores go.")
    alerts: AlertSettings = Field(default=AlertSettings(), description="Where anomalies go.")
    dead_letters: DeadLetterSettings = Field(
        default=DeadLetterSettings(), description="Where unusable records go."
    )
    snapshots: SnapshotSettings = Field(default=SnapshotSettings(), description="Where state goes.")
    shingle_size: Integer = Field(
        default=_DEFAULT.shingle_size,
        description="Consecutive records of an entity that make one point.",
    )
    warmup: Integer | None = Field(
        default=_DEFAULT.warmup,
        description=(
            "Records of an entity before it may be judged; null: shingle_size + sample_size / 2."
        ),
    )
    models: list[str | dict[str, Any] | list[Any]] = Field(
        default=list(_DEFAULT.models),
        description="`forest`, and anomaly models of River: a class, its parameters, or a list of steps.",
    )
    combine: Combination = Field(
        default=_DEFAULT.combine,
        description="What several models say together: `mean`, `max` or `vote`.",
    )
    forest: ForestSettings = Field(default=ForestSettings(), description="The forest.")
    decision: DecisionSettings = Field(default=DecisionSettings(), description="The decision.")

    @model_validator(mode="before")
    @classmethod
    def _named_topics(cls, raw: object) -> object:
        return with_output_topics(raw, cls.DERIVED)

    @field_validator("shingle_size", "warmup")
    @classmethod
    def _as_the_detector_says(cls, value: int | None, info: ValidationInfo) -> int | None:
        _holds(str(info.field_name), value)
        return value

    @model_validator(mode="after")
    def _fits(self) -> Self:
        try:
            self.config()
        except InvalidParameter as error:
            if error.field == "features":
                raise refusal("input.features", error.rule, error.got) from error
            rule = error.rule
            if error.field != "models":
                rule = f"models whose {error.field} is {rule}"
            raise refusal("models", rule, error.got) from error
        return self

    @model_validator(mode="after")
    def _has_fields_to_key_by(self) -> Self:
        if self.input.rekey is True and not self.input.key:
            rule = "auto or false where input.key is null, as the record's key is the entity then"
            raise refusal("input.rekey", rule, True)
        return self

    @property
    def rekeys(self) -> bool:
        """Whether records go through the internal topic, keyed by their entity."""
        if self.input.rekey == "auto":
            return bool(self.input.key) and self.input.partitions > 1
        return bool(self.input.rekey)

    @property
    def log_topic(self) -> str:
        """The topic that the detector itself reads, in which an entity has one partition."""
        return self.rekeyed.topic if self.rekeys else self.input.topic

    def uses(self) -> tuple[TopicUse, ...]:
        """See TaskSettings; all have the partitions of the input."""
        copied = frozenset({self.input.topic})
        found = [
            TopicUse(Role.INPUT, self.input.spec(), Role.INPUT),
            self._use(Role.REKEYED, self.rekeyed.topic, self.rekeyed.retention, copied),
            self._use(Role.OUTPUT, self.output.topic, self.output.retention),
            self._use(Role.ALERTS, self.alerts.topic, self.alerts.retention),
            self._use(
                Role.DEAD_LETTERS, self.dead_letters.topic, self.dead_letters.retention, copied
            ),
            TopicUse(
                Role.SNAPSHOTS,
                TopicSpec(self.snapshots.topic, self.input.partitions, compact=True),
                Role.INPUT,
            ),
        ]
        unused = {Role.REKEYED: not self.rekeys, Role.ALERTS: not self.alerts.enabled}
        return tuple(use for use in found if not unused.get(use.role))

    def _use(
        self,
        role: Role,
        topic: str,
        retention: int | None,
        copies_of: frozenset[str] = frozenset(),
    ) -> TopicUse:
        spec = TopicSpec(topic, self.input.partitions, retention)
        return TopicUse(role, spec, Role.INPUT, copies_of)

    def sends(self) -> dict[str, Sent]:
        """See TaskSettings."""
        source = self.input
        sent = Sent(source.key, source.timestamp, source.partitions, source.format)
        return {source.topic: sent}

    def formats(self) -> dict[Role, Format]:
        """See TaskSettings."""
        found: dict[Role, Format] = {
            Role.INPUT: self.input.format,
            Role.OUTPUT: self.output.format,
        }
        return found | ({Role.ALERTS: self.alerts.format} if self.alerts.enabled else {})

    def config(self) -> DetectorConfig:
        """The parameters of the detector's model. Raises InvalidParameter."""
        return DetectorConfig(
            features=tuple(self.input.features),
            shingle_size=self.shingle_size,
            warmup=self.warmup,
            models=tuple(self.models),
            combine=self.combine,
            alarm_rate=self.decision.alarm_rate,
            **self.forest.model_dump(),
        )
