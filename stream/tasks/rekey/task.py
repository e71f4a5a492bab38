"""The re-keying of one detector's input as a task."""

from __future__ import annotations

from collections.abc import Sequence

from stream.codec.formats.names import CONTENT_TYPES
from stream.records import TopicPartition
from stream.settings import Settings
from stream.tasks.digest import configuration_digest
from stream.tasks.rekey.state import RekeyState
from stream.tasks.source import input_decoder, registry_of
from stream.topics.declared import Role, of_detector
from stream.transports.protocol import TopicSpec


class RekeyTask:
    """Reads a detector's input and writes the topic that the detector reads in its place.

    Raises KeyError for a name that is not configured.
    """

    def __init__(self, settings: Settings, detector: str) -> None:
        chosen = settings.detectors[detector]
        self._detector = detector
        self._specs = of_detector(chosen)
        self._decoder = input_decoder(chosen.input, registry_of(settings, detector))
        self._content_type = CONTENT_TYPES[chosen.input.format]
        self._digest = configuration_digest(chosen.input.model_dump_json())

    @property
    def name(self) -> str:
        """The detector's name with `:rekey` behind it, which no detector's name can be."""
        return f"{self._detector}:rekey"

    @property
    def configuration(self) -> str:
        """A digest of the settings of the input, and of the release."""
        return self._digest

    @property
    def inputs(self) -> Sequence[str]:
        """The one topic that it reads."""
        return (self._specs[Role.INPUT].name,)

    @property
    def topics(self) -> Sequence[TopicSpec]:
        """Input, internal topic and dead letters."""
        return tuple(self._specs[role] for role in (Role.INPUT, Role.REKEYED, Role.DEAD_LETTERS))

    @property
    def snapshot_topic(self) -> None:
        """None: there is no state to be saved."""

    def open(self, tp: TopicPartition) -> RekeyState:
        """What there is to be had for one input partition."""
        if tp.topic != self.inputs[0]:
            raise ValueError(f"The topic must be {self.inputs[0]!r}, got {tp.topic!r}.")
        return RekeyState(
            self._detector,
            self._decoder,
            topic=self._specs[Role.REKEYED].name,
            dead_letter_topic=self._specs[Role.DEAD_LETTERS].name,
            content_type=self._content_type,
        )
