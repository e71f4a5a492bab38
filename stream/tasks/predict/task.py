"""One predictor of the configuration as a task."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from models.online.config import PredictorConfig
from stream.codec.dead_letters import dead_letter
from stream.codec.envelope import Rejected
from stream.codec.formats.names import CONTENT_TYPES
from stream.codec.kinds import Kind
from stream.codec.prediction.writer import PredictionWriter, Topics
from stream.records import Outgoing, Record, TopicPartition
from stream.settings import Settings
from stream.settings.predictor import PredictorSettings
from stream.settings.task import Role
from stream.tasks.digest import configuration_digest
from stream.tasks.predict.champions import Champions
from stream.tasks.predict.decoders import event_decoder, label_decoder
from stream.tasks.predict.dumped import unpacked
from stream.tasks.predict.learner import Making, Models
from stream.tasks.predict.reading import LogReader
from stream.tasks.predict.state import PredictState
from stream.tasks.sequence import SequenceTask
from stream.tasks.source import registry_of
from stream.transports.protocol import TopicSpec


class Source(NamedTuple):
    """Where models come from."""

    new: Callable[[PredictorConfig], Models]
    load: Callable[[PredictorConfig, bytes], Models]


def river() -> Source:
    """The models of River."""
    from models.online.predictor import Predictor

    return Source(Predictor, Predictor.load)


class PredictTask:
    """Predicts every event of one topic, and learns from their labels.

    Raises KeyError for a name that is not configured.
    """

    def __init__(self, settings: Settings, name: str, source: Callable[[], Source] = river) -> None:
        chosen = settings.predictors[name]
        self._name = name
        self._settings: PredictorSettings = chosen
        self._config = chosen.config()
        self._making = _making(chosen, self._config, source())
        self._digest = configuration_digest(chosen.model_dump_json())
        registry = registry_of(settings, chosen)
        self._reader = LogReader(
            name,
            event_decoder(chosen, registry),
            label_decoder(chosen, registry),
            tuple(chosen.models),
            sequenced=chosen.sequences,
        )
        topics = Topics(chosen.output.topic, chosen.metrics.topic, chosen.changes.topic)
        self._writer = PredictionWriter(name, topics)

    @property
    def name(self) -> str:
        """The predictor's name."""
        return self._name

    @property
    def configuration(self) -> str:
        """A digest of the predictor's whole section of the settings, and of the release."""
        return self._digest

    @property
    def inputs(self) -> Sequence[str]:
        """The one topic that it reads: the input, or the internal topic."""
        return (self._settings.log_topic,)

    @property
    def topics(self) -> Sequence[TopicSpec]:
        """What it reads and writes, snapshots included, all with the partitions of the input."""
        not_read = {Role.INPUT, Role.LABELS} if self._settings.sequences else set()
        return tuple(spec for role, spec in self._settings.topics.items() if role not in not_read)

    @property
    def snapshot_topic(self) -> str:
        """The compacted topic of its snapshots."""
        return self._settings.snapshots.topic

    def open(self, tp: TopicPartition) -> PredictState:
        """An empty state for one partition."""
        chosen = self._settings
        if tp.topic != chosen.log_topic:
            raise ValueError(f"The topic must be {chosen.log_topic!r}, got {tp.topic!r}.")
        return PredictState(
            self._making,
            self._reader,
            self._writer,
            Champions(self._config.first_champion, tuple(chosen.models)),
            refusal=self._refused,
            placed_in=tp.partition if chosen.sequences else None,
        )

    def describe(self, state: bytes) -> dict[str, Any]:
        """What a dumped state says. Raises CorruptState, IncompatibleState."""
        dumped = unpacked(state)
        models = None if dumped.models is None else self._making.load(dumped.models)
        return {
            "promotions": [reign._asdict() for reign in dumped.reigns],
            "waiting_labels": len(dumped.early),
            "champion": None if models is None else models.champion,
            "events": None if models is None else models.counts(),
            "models": None if models is None else models.measures(),
        }

    def _refused(self, record: Record, rejected: Rejected) -> Outgoing:
        chosen = self._settings
        labels = chosen.labels
        of_labels = labels is not None and record.topic == labels.topic
        form = labels.format if labels is not None and of_labels else chosen.input.format
        return dead_letter(
            record,
            rejected,
            self._name,
            chosen.dead_letters.topic,
            CONTENT_TYPES[form],
            "predictors",
        )


def _making(settings: PredictorSettings, config: PredictorConfig, source: Source) -> Making:
    return Making(
        lambda: source.new(config),
        lambda state: source.load(config, state),
        shared=settings.scope == "partition",
        every=settings.metrics.every,
        # In one topic, labels stand behind their events: there, waiting would be for nothing.
        early=0 if settings.labels is None else settings.max_pending,
        wait=settings.deadline * 1_000,
    )


def sequence_tasks(settings: Settings, name: str) -> list[SequenceTask]:
    """What writes a predictor's log, where that is not the input itself: a task for the input, and
    one for the topic of labels.

    Raises KeyError for a name that is not configured.
    """
    chosen = settings.predictors[name]
    topics = chosen.topics
    if Role.SEQUENCED not in topics:
        return []
    registry = registry_of(settings, chosen)
    tasks = [
        SequenceTask(
            f"{name}:events",
            topics[Role.INPUT],
            topics[Role.SEQUENCED],
            kind=Kind.EVENT,
            dead_letters=topics[Role.DEAD_LETTERS],
            key_of=event_decoder(chosen, registry).entity,
            content_type=CONTENT_TYPES[chosen.input.format],
            keying=chosen.input.model_dump_json(),
            section="predictors",
        )
    ]
    labels = label_decoder(chosen, registry)
    if chosen.labels is not None and labels is not None:
        tasks.append(
            SequenceTask(
                f"{name}:labels",
                topics[Role.LABELS],
                topics[Role.SEQUENCED],
                kind=Kind.LABEL,
                dead_letters=topics[Role.DEAD_LETTERS],
                key_of=labels.entity,
                content_type=CONTENT_TYPES[chosen.labels.format],
                keying=chosen.labels.model_dump_json() + repr(chosen.label_key),
                section="predictors",
            )
        )
    return tasks
