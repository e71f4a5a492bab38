"""Score records of every format as the JSON that queries answer with."""

from __future__ import annotations

from stream.codec.formats.rereading import PublishedView
from stream.query.extract import AsJson
from stream.registry import SchemaRegistry
from stream.settings import Settings


def scores_as_json(settings: Settings) -> AsJson:
    """A function from a score record's value to its JSON, by the configured schema registry.

    Raises MissingExtra.
    """
    options = settings.registry.options()
    return PublishedView("score", None if options is None else SchemaRegistry(options)).json
