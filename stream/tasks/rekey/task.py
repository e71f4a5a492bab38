"""The re-keying of one detector's input as a task."""

from __future__ import annotations

from stream.codec.formats.names import CONTENT_TYPES
from stream.settings import Settings
from stream.tasks.sequence import SequenceTask
from stream.tasks.source import input_decoder, registry_of
from stream.topics.declared import Role, of_detector


def rekey_task(settings: Settings, detector: str) -> SequenceTask:
    """Reads a detector's input and writes the topic that the detector reads in its place.

    Its name is the detector's with `:rekey` behind it. Raises KeyError for a name that is not
    configured.
    """
    source = settings.detectors[detector].input
    specs = of_detector(settings.detectors[detector])
    return SequenceTask(
        f"{detector}:rekey",
        specs[Role.INPUT],
        specs[Role.REKEYED],
        kind=None,
        dead_letters=specs[Role.DEAD_LETTERS],
        key_of=input_decoder(source, registry_of(settings, detector)).entity,
        content_type=CONTENT_TYPES[source.format],
        keying=source.model_dump_json(),
    )
