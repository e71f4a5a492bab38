"""The settings of one recommender."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Self

from pydantic import Field, model_validator

from models.errors import InvalidParameter
from models.recommend.config import ModelName, RecommenderConfig
from stream.codec.formats.names import Format
from stream.codec.recommendation.interactions import OTHERS, kinds_of
from stream.settings.defaults import with_output_topics
from stream.settings.fields import Integer
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
from stream.settings.recommender_models import (
    SETTING_OF,
    CooccurrenceSettings,
    EvaluationSettings,
    FactorSettings,
    MemorySettings,
    OnChangeSettings,
    RuleSettings,
    TrendingSettings,
    TypeMeaning,
)
from stream.settings.section import refusal
from stream.settings.task import READ, Role, Sent, TaskSettings, TopicUse
from stream.settings.topics import DeadLetterSettings, ReadSettings
from stream.transports.protocol import TopicSpec

_DEFAULT = RecommenderConfig()


class RecommenderSettings(TaskSettings):
    """One recommender: what it reads and writes, its models, its rules."""

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

    types: dict[str, TypeMeaning] = Field(
        default={OTHERS: 1.0},
        min_length=1,
        description=(
            "By type of interaction, what it says: a weight; that the item was only `seen`; that "
            "the user wants it `blocked`; or it is `ignored`. `*` stands for all other types."
        ),
    )
    on_change: OnChangeSettings | None = Field(
        default=OnChangeSettings(), description="What is recommended unasked; null: nothing."
    )
    models: tuple[ModelName, ...] = Field(
        default=_DEFAULT.models,
        description="Which models learn; two or more are blended, one answers alone.",
    )
    trending: TrendingSettings = Field(
        default=TrendingSettings(), description="The model `trending`."
    )
    cooccurrence: CooccurrenceSettings = Field(
        default=CooccurrenceSettings(), description="The model `cooccurrence`."
    )
    factors: FactorSettings = Field(default=FactorSettings(), description="The model `factors`.")
    memory: MemorySettings = Field(default=MemorySettings(), description="The memory.")
    evaluation: EvaluationSettings = Field(
        default=EvaluationSettings(), description="The evaluation."
    )
    rules: RuleSettings = Field(default=RuleSettings(), description="The rules.")
    seed: Integer = Field(default=_DEFAULT.seed, description="Makes everything random repeatable.")

    @model_validator(mode="before")
    @classmethod
    def _named_topics(cls, raw: object) -> object:
        return with_output_topics(raw, cls.DERIVED)

    @model_validator(mode="after")
    def _compacts_or_deletes(self) -> Self:
        if self.output.compact and self.output.retention is not None:
            raise refusal("output.retention", "null where output.compact is true", "a duration")
        return self

    @model_validator(mode="after")
    def _types_can_be_told(self) -> Self:
        if self.input.type is None and len(self.types) > 1:
            rule = "of one type where input.type is null"
            raise refusal("types", rule, ", ".join(self.types))
        if not kinds_of(self.types):
            raise refusal("types", "such that one is not ignored", ", ".join(self.types))
        return self

    @model_validator(mode="after")
    def _models_can_be_made(self) -> Self:
        try:
            self.config()
        except InvalidParameter as error:
            raise refusal(SETTING_OF[error.field], error.rule, error.got) from error
        return self

    def config(self) -> RecommenderConfig:
        """The parameters of the recommender's models. Raises InvalidParameter."""
        kinds = kinds_of(self.types)
        dislikes = tuple(
            place for place, meaning in enumerate(kinds.values()) if meaning == "blocked"
        )
        memory = self.memory
        return RecommenderConfig(
            models=self.models,
            kinds=tuple(kinds),
            history=memory.history,
            context=memory.context,
            half_lives=self.trending.half_lives,
            neighbours=self.cooccurrence.neighbours,
            n_factors=self.factors.length,
            n_negatives=self.factors.negatives,
            learning_rate=self.factors.learning_rate,
            regularisation=self.factors.regularisation,
            max_users=memory.users,
            max_items=memory.items,
            user_ttl=None if memory.user_ttl is None else memory.user_ttl / 1000,
            item_ttl=None if memory.item_ttl is None else memory.item_ttl / 1000,
            evaluate=self.evaluation.share,
            cutoff=self.evaluation.k,
            window=self.evaluation.window,
            rules=self.rules.rules(tuple(kinds), dislikes),
            seed=self.seed,
        )

    @property
    def sources(self) -> dict[Role, ReadSettings]:
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
                keys.get(role, ()),
                getattr(source, "timestamp", None),
                source.partitions,
                source.format,
                source.spec().compact,
                role in (Role.ITEMS, Role.USERS),
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
