"""One detector of the configuration as a task."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from models.detector.config import DetectorConfig
from stream.codec import InputDecoder, InputFormat, ScoreWriter
from stream.records import TopicPartition
from stream.settings import DetectorSettings, Settings, detector_config
from stream.tasks.detect.state import Bank, DetectState
from stream.transports.protocol import TopicSpec


class DetectTask:
    """Scores every record of one topic. Raises ConfigError for a name that is not configured."""

    def __init__(
        self, settings: Settings, name: str, make_bank: Callable[[DetectorConfig], Bank]
    ) -> None:
        self._name = name
        self._make_bank = make_bank
        self._config = detector_config(settings, name)
        self._settings: DetectorSettings = settings.detectors[name]
        source = self._settings.input
        self._decoder = InputDecoder(
            InputFormat(
                features=source.features,
                key=source.key,
                timestamp=source.timestamp,
                missing=source.missing,
            )
        )
        self._writer = ScoreWriter(name, self._config.features, self._settings.output.topic)

    @property
    def name(self) -> str:
        """The detector's name."""
        return self._name

    @property
    def inputs(self) -> Sequence[str]:
        """The one topic that it reads."""
        return (self._settings.input.topic,)

    @property
    def topics(self) -> Sequence[TopicSpec]:
        """Input, scores, dead letters and snapshots, all with the partitions of the input."""
        detector, partitions = self._settings, self._settings.input.partitions
        return (
            TopicSpec(detector.input.topic, partitions, detector.input.retention),
            TopicSpec(detector.output.topic, partitions, detector.output.retention),
            TopicSpec(detector.dead_letters.topic, partitions, detector.dead_letters.retention),
            TopicSpec(detector.snapshots.topic, partitions, compact=True),
        )

    @property
    def snapshot_topic(self) -> str:
        """The compacted topic of its snapshots."""
        return self._settings.snapshots.topic

    def open(self, tp: TopicPartition) -> DetectState:
        """An empty state for one input partition."""
        if tp.topic != self._settings.input.topic:
            raise ValueError(f"The topic must be {self._settings.input.topic!r}, got {tp.topic!r}.")
        return DetectState(
            self._name,
            self._make_bank(self._config),
            self._decoder,
            self._writer,
            dead_letter_topic=self._settings.dead_letters.topic,
            skips_incomplete=self._settings.input.missing == "skip",
        )
