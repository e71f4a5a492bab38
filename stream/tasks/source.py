"""How the records of a configured input are read."""

from __future__ import annotations

from stream.codec import InputDecoder, InputFormat
from stream.codec.formats.reading import make_reader
from stream.registry import SchemaRegistry
from stream.settings import Settings
from stream.settings.task import TaskSettings
from stream.settings.topics import InputSettings


def input_decoder(source: InputSettings, registry: SchemaRegistry | None) -> InputDecoder:
    """The decoder of an input's records. registry: needed where their format is not json."""
    timestamp = () if source.timestamp is None else (source.timestamp,)
    paths = (*source.features.values(), *source.key, *timestamp)
    return InputDecoder(
        InputFormat(
            features=source.features,
            key=source.key,
            timestamp=source.timestamp,
            missing=source.missing,
        ),
        make_reader(source.format, registry, paths),
    )


def registry_of(settings: Settings, task: TaskSettings) -> SchemaRegistry | None:
    """The schema registry that a task's formats need; None where all is json.

    Raises MissingExtra.
    """
    options = settings.registry.options()
    if options is None or set(task.formats().values()) <= {"json"}:
        return None
    return SchemaRegistry(options)
