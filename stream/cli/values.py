"""Record values in the form that people can read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from stream.records import Record


def readable(config: Path | None) -> Callable[[Record], Record]:
    """A function that puts JSON in the place of a value that a schema registry can explain.

    Other values stay as they are, all of them without a configuration that names a registry. Raises
    MissingExtra; the function raises RegistryUnavailable.
    """
    from stream.codec.formats.rereading import JsonView
    from stream.codec.json_text import Undecodable
    from stream.registry import SchemaRegistry
    from stream.settings import load

    options = None if config is None else load(config).registry.options()
    if options is None:
        return lambda record: record
    view = JsonView(SchemaRegistry(options))

    def shown(record: Record) -> Record:
        value = None if record.value is None else view.json(record.value)
        return record if isinstance(value, Undecodable) else record._replace(value=value)

    return shown
