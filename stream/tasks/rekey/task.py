"""The re-keying of one detector's input as a task."""

from __future__ import annotations

from stream.codec.formats.names import CONTENT_TYPES
from stream.settings import Settings
from stream.settings.task import Role
from stream.tasks.sequence import SequenceTask
from stream.tasks.source import input_decoder, registry_of


def rekey_task(settings: Settings, detector: str) -> SequenceTask:
    """Reads a detector's input and writes the topic that the detector reads in its place.

    Its name is the detector's with `:rekey` behind it. Raises KeyError for a name that is not
    configured.
    """
    chosen = settings.detectors[detector]
    source, specs = chosen.input, chosen.topics
    return SequenceTask(
        f"{detector}:rekey",
        specs[Role.INPUT],
        specs[Role.REKEYED],
        kind=None,
        dead_letters=specs[Role.DEAD_LETTERS],
        key_of=input_decoder(source, registry_of(settings, chosen)).entity,
        content_type=CONTENT_TYPES[source.format],
        keying=source.model_dump_json(),
    )
