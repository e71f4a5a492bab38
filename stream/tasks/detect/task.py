"""One detector of the configuration as a task."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from models.detector.config import DetectorConfig
from stream.codec import AlertWriter, ScoreWriter
from stream.codec.formats.names import CONTENT_TYPES
from stream.codec.formats.writing import make_encoder
from stream.records import TopicPartition
from stream.settings import DetectorSettings, Settings, detector_config
from stream.settings.task import Role
from stream.tasks.detect.inquiry import Inquiry
from stream.tasks.detect.state import Bank, DetectState
from stream.tasks.digest import configuration_digest
from stream.tasks.source import input_decoder, registry_of
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
        self._digest = configuration_digest(self._settings.model_dump_json())
        registry = registry_of(settings, self._settings)
        self._decoder = input_decoder(self._settings.input, registry)
        output, alerts = self._settings.output, self._settings.alerts
        scores = make_encoder(output.format, "score", output.topic, registry)
        self._writer = ScoreWriter(name, self._config.features, output.topic, scores)
        self._encoders = [scores]
        self._alert_writer = None
        if alerts.enabled:
            encoder = make_encoder(alerts.format, "alert", alerts.topic, registry)
            self._alert_writer = AlertWriter(name, alerts.topic, encoder)
            self._encoders.append(encoder)

    @property
    def name(self) -> str:
        """The detector's name."""
        return self._name

    @property
    def configuration(self) -> str:
        """A digest of the detector's whole section of the settings, and of the release."""
        return self._digest

    @property
    def inquiry(self) -> Inquiry:
        """What its states can be asked."""
        return Inquiry(self._config, self._settings.input.missing)

    @property
    def inputs(self) -> Sequence[str]:
        """The one topic that it reads: the input, or the internal topic of its re-keyed records."""
        return (self._settings.log_topic,)

    @property
    def topics(self) -> Sequence[TopicSpec]:
        """What it reads and writes, snapshots included, all with the partitions of the input."""
        specs = self._settings.topics
        return tuple(
            spec for role, spec in specs.items() if role != Role.INPUT or not self._settings.rekeys
        )

    @property
    def snapshot_topic(self) -> str:
        """The compacted topic of its snapshots."""
        return self._settings.snapshots.topic

    def open(self, tp: TopicPartition) -> DetectState:
        """An empty state for one input partition.

        Sees to it that outputs can be written: raises RegistryUnavailable, and RegistryRefused
        where their schemas are not to be had.
        """
        if tp.topic != self._settings.log_topic:
            raise ValueError(f"The topic must be {self._settings.log_topic!r}, got {tp.topic!r}.")
        for encoder in self._encoders:
            encoder.prepare()
        return DetectState(
            self._name,
            self._make_bank(self._config),
            self._decoder,
            self._writer,
            self._alert_writer,
            dead_letter_topic=self._settings.dead_letters.topic,
            content_type=CONTENT_TYPES[self._settings.input.format],
            skips_incomplete=self._settings.input.missing == "skip",
            rekeyed_in=tp.partition if self._settings.rekeys else None,
        )
