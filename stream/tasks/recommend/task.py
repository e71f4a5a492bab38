"""One recommender of the configuration as a task."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from models.recommend.config import RecommenderConfig
from stream.codec.formats.names import CONTENT_TYPES
from stream.codec.formats.reading import make_reader
from stream.codec.recommendation.interactions import (
    InteractionFormat,
    InteractionReader,
    kinds_of,
)
from stream.codec.recommendation.items import ItemFormat, ItemReader
from stream.codec.recommendation.requests import RequestReader
from stream.codec.recommendation.writer import RecommendationWriter, Topics
from stream.records import TopicPartition
from stream.registry import SchemaRegistry
from stream.settings import Settings
from stream.settings.recommender import RecommenderSettings
from stream.settings.task import READ
from stream.tasks.digest import configuration_digest
from stream.tasks.recommend.outline import Learner
from stream.tasks.recommend.reading import LogReader
from stream.tasks.recommend.state import Manner, RecommendState
from stream.tasks.source import registry_of
from stream.transports.protocol import TopicSpec


class RecommendTask:
    """Learns every interaction of one log, and recommends. Raises KeyError for a name that is not configured."""

    def __init__(
        self, settings: Settings, name: str, make: Callable[[RecommenderConfig], Learner]
    ) -> None:
        self._name = name
        self._make = make
        self._settings: RecommenderSettings = settings.recommenders[name]
        self._config = self._settings.config()
        self._digest = configuration_digest(self._settings.model_dump_json())
        self._reader = log_reader(self._settings, registry_of(settings, self._settings))
        topics = Topics(self._settings.output.topic, self._settings.metrics.topic)
        self._writer = RecommendationWriter(name, topics)

    @property
    def name(self) -> str:
        """The recommender's name."""
        return self._name

    @property
    def configuration(self) -> str:
        """A digest of the recommender's whole section of the settings, and of the release."""
        return self._digest

    @property
    def reader(self) -> LogReader:
        """What it reads records with."""
        return self._reader

    @property
    def snapshot_every(self) -> int:
        """See stream.tasks.protocol.Paced."""
        return self._settings.snapshot_every

    @property
    def inputs(self) -> Sequence[str]:
        """The one topic that it reads: the input, or the internal topic of all sources' records."""
        return (self._settings.log_topic,)

    @property
    def topics(self) -> Sequence[TopicSpec]:
        """What it reads and writes, snapshots included."""
        sequences = self._settings.sequences
        return tuple(
            spec
            for role, spec in self._settings.topics.items()
            if role not in READ or not sequences
        )

    @property
    def snapshot_topic(self) -> str:
        """The compacted topic of its checkpoints."""
        return self._settings.snapshots.topic

    def open(self, tp: TopicPartition) -> RecommendState:
        """An empty state for the one partition."""
        if tp.topic != self._settings.log_topic:
            raise ValueError(f"The topic must be {self._settings.log_topic!r}, got {tp.topic!r}.")
        sources = self._settings.sources.values()
        return RecommendState(
            self._name,
            self._make(self._config),
            self._reader,
            self._writer,
            _manner(self._settings),
            dead_letter_topic=self._settings.dead_letters.topic,
            content_types={source.topic: CONTENT_TYPES[source.format] for source in sources},
        )


def log_reader(settings: RecommenderSettings, registry: SchemaRegistry | None) -> LogReader:
    """The reader of a recommender's log. registry: needed where a format is not json."""
    source, items, requests = settings.input, settings.items, settings.requests
    form = InteractionFormat(source.user, source.item, source.type, source.value, source.timestamp)
    paths = [path for path in form if path is not None]
    interactions = InteractionReader(
        form, settings.types, make_reader(source.format, registry, paths)
    )
    return LogReader(
        interactions,
        None
        if items is None
        else ItemReader(
            ItemFormat(
                items.categories,
                items.tags,
                items.numbers,
                items.text,
                items.hidden,
                items.vector,
                items.timestamp,
            ),
            make_reader(items.format, registry),
        ),
        None if requests is None else RequestReader(make_reader(requests.format, registry)),
        sequenced=settings.sequences,
    )


def _manner(settings: RecommenderSettings) -> Manner:
    change, metrics = settings.on_change, settings.metrics
    meanings = kinds_of(settings.types).values()
    # Items that were only seen are mostly those that were recommended: telling of them would go round in circles.
    speaking = frozenset(kind for kind, meaning in enumerate(meanings) if meaning != "seen")
    every = None if change is None else (change.every or 0) / 1000
    return Manner(
        n=0 if change is None else change.n,
        speaking=speaking,
        every=every,
        metrics_every=metrics.every if metrics.enabled else None,
    )
