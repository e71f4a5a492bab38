"""The settings of one predictor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from models.errors import InvalidParameter
from models.online.config import (
    DriftConfig,
    DriftDetector,
    DriftPolicy,
    Missing,
    PredictorConfig,
    TaskKind,
)
from stream.codec.formats.names import Format
from stream.codec.paths import split_path
from stream.settings.defaults import with_output_topics
from stream.settings.fields import Integer, Number, Span, TaskName
from stream.settings.predictor_topics import (
    ChangeSettings,
    LabelSettings,
    MetricsSettings,
    PredictionSettings,
    PredictorInputSettings,
    SequencedSettings,
)
from stream.settings.section import Section, refusal
from stream.settings.task import Role, Sent, TaskSettings, TopicUse
from stream.settings.topics import WEEK_MS, DeadLetterSettings, SnapshotSettings
from stream.transports.protocol import TopicSpec

Scope = Literal["entity", "partition"]


_DRIFT = DriftConfig()


class DriftSettings(Section):
    """What watches every model's error, and what follows when it has risen."""

    detector: DriftDetector | None = Field(
        default=_DRIFT.detector,
        description="The test on the error: `adwin` or `page_hinkley`; null: it is not watched.",
    )
    policy: DriftPolicy = Field(
        default=_DRIFT.policy,
        description=(
            "What drift does to the model: `none` only tells of it, `reset` begins it anew, `swap` "
            "puts a model in its place that has been trained since the warning."
        ),
    )
    delta: Number = Field(
        default=_DRIFT.delta,
        description="Of `adwin`: significance of a drift; smaller is slower and surer.",
    )
    warning_delta: Number = Field(
        default=_DRIFT.warning_delta,
        description="Of `adwin`: significance of a warning; at least `delta`.",
    )
    threshold: Number = Field(
        default=_DRIFT.threshold,
        description="Of `page_hinkley`: error in excess of the mean that is a drift.",
    )
    warning_threshold: Number = Field(
        default=_DRIFT.warning_threshold,
        description="Of `page_hinkley`: the same of a warning; at most `threshold`.",
    )
    tolerance: Number = Field(
        default=_DRIFT.tolerance,
        description="Of `page_hinkley`: excess of a label's error that is no change.",
    )
    grace: Integer = Field(
        default=_DRIFT.grace, description="Labels of a model before it may warn or drift."
    )

    @model_validator(mode="after")
    def _as_the_watch_says(self) -> Self:
        try:
            self.config()
        except InvalidParameter as error:
            raise refusal(error.field, error.rule, error.got) from error
        return self

    def config(self) -> DriftConfig:
        """The parameters of the watch. Raises InvalidParameter."""
        return DriftConfig(**self.model_dump())


class PredictorSettings(TaskSettings):
    """One predictor: what it reads and writes, its models, and when they learn."""

    NOUN: ClassVar[str] = "predictor"
    DERIVED: ClassVar[Mapping[str, str]] = {
        "output": "predictions",
        "metrics": "metrics",
        "changes": "changes",
        "dead_letters": "dlq",
    }
    INTERNAL: ClassVar[tuple[str, ...]] = ("sequenced", "snapshots")

    input: PredictorInputSettings = Field(description="The events.")
    labels: LabelSettings | None = Field(
        default=None,
        description="A topic of its own for labels; null: they come in the input.",
    )
    sequenced: SequencedSettings = Field(
        default=SequencedSettings(), description="Where events and labels stand in one order."
    )
    output: PredictionSettings = Field(
        default=PredictionSettings(), description="Where predictions go."
    )
    metrics: MetricsSettings = Field(
        default=MetricsSettings(), description="How the models are measured as they learn."
    )
    changes: ChangeSettings = Field(
        default=ChangeSettings(), description="Where drift and promotions go."
    )
    dead_letters: DeadLetterSettings = Field(
        default=DeadLetterSettings(), description="Where unusable records go."
    )
    snapshots: SnapshotSettings = Field(default=SnapshotSettings(), description="Where state goes.")
    task: TaskKind = Field(
        default="classification", description="`classification` or `regression`."
    )
    scope: Scope = Field(
        default="partition",
        description=(
            "Who has models of his own: every `entity`, or every `partition` of the input, whose "
            "entities then share them."
        ),
    )
    models: dict[TaskName, Any] = Field(
        min_length=1,
        description=(
            "By name, the steps of a River pipeline: class names such as "
            "`preprocessing.StandardScaler`, or one with its parameters."
        ),
    )
    champion: TaskName | None = Field(
        default=None,
        description=(
            "The model whose answer is the prediction until another is promoted; null: the first."
        ),
    )
    classes: list[bool | int | str] | None = Field(
        default=None,
        description=(
            "The labels that there are; of two, the second is the positive one. Null takes labels "
            "as they come."
        ),
    )
    missing: Missing | Literal["dead-letter"] = Field(
        default="omit",
        description=(
            "What happens to a named feature that is absent or null: `omit` does without it, "
            "`zero`, `last` and `mean` put that in its place, `skip` predicts nothing for the "
            "event, and `dead-letter` refuses it."
        ),
    )
    deadline: Span = Field(
        default=WEEK_MS,
        description="Event time after which an event without a label is forgotten.",
    )
    max_pending: Integer = Field(
        default=10_000,
        ge=1,
        description=(
            "Events that may wait for their label in one state; one more has the one forgotten "
            "whose deadline is next."
        ),
    )
    drift: DriftSettings = Field(default=DriftSettings(), description="Drift of the models.")
    seed: Integer = Field(
        default=42, ge=0, description="Makes everything random in the models repeatable."
    )

    @model_validator(mode="before")
    @classmethod
    def _named_topics(cls, raw: object) -> object:
        return with_output_topics(raw, cls.DERIVED)

    @model_validator(mode="after")
    def _champion_is_a_model(self) -> Self:
        if self.champion is not None and self.champion not in self.models:
            raise refusal("champion", "one of " + ", ".join(self.models), self.champion)
        return self

    @model_validator(mode="after")
    def _models_can_be_built(self) -> Self:
        from models.online.predictor import Predictor

        for name in self.models:
            try:
                Predictor(self._config({name: self.models[name]}, name))
            except InvalidParameter as error:
                if error.field == "labels":
                    raise refusal("classes", error.rule, self.classes) from error
                rule = f"models of River ({error.field} must be {error.rule})"
                raise refusal(f"models.{name}", rule, error.got) from error
        return self

    @model_validator(mode="after")
    def _labels_are_somewhere(self) -> Self:
        if self.input.label is None and (self.labels is None or self.labels.label is None):
            where = "input.label" if self.labels is None else "labels.label"
            raise refusal(where, "set, for without labels nothing is learned", None)
        if self.labels is not None and self.input.id is None and self.labels.id is None:
            rule = "set, here or in input.id, for a label names its event"
            raise refusal("labels.id", rule, None)
        return self

    @model_validator(mode="after")
    def _features_are_what_is_known(self) -> Self:
        features, label = self.input.features, self.input.label
        for path in () if features is None else features.values():
            if label is not None and split_path(path) == split_path(label):
                rule = "without the label, which is what is to be predicted"
                raise refusal("input.features", rule, path)
        for name in self.input.categories:
            if features is not None and name not in features:
                rule = "names of input.features: " + ", ".join(features)
                raise refusal("input.categories", rule, name)
        return self

    @model_validator(mode="after")
    def _has_fields_to_key_by(self) -> Self:
        if self.input.rekey is True and not self.input.key:
            rule = "auto or false where input.key is null, as the record's key is the entity then"
            raise refusal("input.rekey", rule, True)
        return self

    @property
    def sequences(self) -> bool:
        """Whether records go through the internal topic, keyed by their entity."""
        if self.labels is not None:
            return True
        if self.input.rekey == "auto":
            return bool(self.input.key) and self.input.partitions > 1
        return bool(self.input.rekey)

    @property
    def log_topic(self) -> str:
        """The topic that the predictor itself reads, in which an entity has one partition."""
        return self.sequenced.topic if self.sequences else self.input.topic

    def config(self) -> PredictorConfig:
        """The parameters of the models. Raises InvalidParameter."""
        return self._config(self.models, self.champion)

    def _config(self, models: Mapping[str, Any], champion: str | None) -> PredictorConfig:
        source = self.input
        return PredictorConfig(
            task=self.task,
            models=models,
            champion=champion,
            features=() if source.features is None else tuple(source.features),
            missing="omit" if self.missing == "dead-letter" else self.missing,
            labels=None if self.classes is None else tuple(self.classes),
            deadline=self.deadline / 1_000,
            max_pending=self.max_pending,
            window=self.metrics.window,
            drift=self.drift.config(),
            seed=self.seed,
        )

    def uses(self) -> tuple[TopicUse, ...]:
        """See TaskSettings; all but the labels have the partitions of the input."""
        copied = frozenset({self.input.topic})
        found = [TopicUse(Role.INPUT, self.input.spec(), Role.INPUT)]
        if self.labels is not None:
            found.append(TopicUse(Role.LABELS, self.labels.spec(), Role.LABELS))
            copied |= {self.labels.topic}
        if self.sequences:
            found.append(self._use(Role.SEQUENCED, self.sequenced, copied))
        compacted = TopicSpec(self.snapshots.topic, self.input.partitions, compact=True)
        return (
            *found,
            self._use(Role.OUTPUT, self.output),
            self._use(Role.METRICS, self.metrics),
            self._use(Role.CHANGES, self.changes),
            self._use(Role.DEAD_LETTERS, self.dead_letters, copied),
            TopicUse(Role.SNAPSHOTS, compacted, Role.INPUT),
        )

    def sends(self) -> dict[str, Sent]:
        """See TaskSettings."""
        source, labels = self.input, self.labels
        sent = {
            source.topic: Sent(source.key, source.timestamp, source.partitions, source.format),
        }
        if labels is not None:
            sent[labels.topic] = Sent(
                self.label_key, labels.timestamp, labels.partitions, labels.format
            )
        return sent

    def formats(self) -> dict[Role, Format]:
        """See TaskSettings; what is written is JSON."""
        found: dict[Role, Format] = {Role.INPUT: self.input.format}
        return found if self.labels is None else found | {Role.LABELS: self.labels.format}

    @property
    def label_key(self) -> tuple[str, ...]:
        """Field paths of the entity in the topic of labels."""
        given = None if self.labels is None else self.labels.key
        return self.input.key if given is None else given

    def _use(
        self,
        role: Role,
        section: SequencedSettings
        | PredictionSettings
        | MetricsSettings
        | ChangeSettings
        | DeadLetterSettings,
        copies_of: frozenset[str] = frozenset(),
    ) -> TopicUse:
        spec = TopicSpec(section.topic, self.input.partitions, section.retention)
        return TopicUse(role, spec, Role.INPUT, copies_of)
