"""`cutstream schema`: print the schemas."""

from __future__ import annotations

import json
from enum import StrEnum
from typing import Annotated

import typer


class Language(StrEnum):
    """What a schema can be written in."""

    JSON_SCHEMA = "json-schema"
    AVRO = "avro"
    PROTOBUF = "protobuf"


def schema(
    name: Annotated[
        str | None,
        typer.Argument(help="Its name, such as score or config; default: all, by name."),
    ] = None,
    language: Annotated[
        Language, typer.Option("--format", "-f", help="What the schema is written in.")
    ] = Language.JSON_SCHEMA,
) -> None:
    """Print the schemas of what cutstream writes and of its configuration.

    All describe the values of records but `dead-letter`, which describes the headers of a dead
    letter, and `config`; Avro and Protobuf have those of scores and alerts alone.

    \b
    [bold]Examples[/bold]
      cutstream schema score > score.schema.json
      cutstream schema score --format avro > score.avsc
      cutstream schema alert --format protobuf > alert.proto
      cutstream schema recommendation
      cutstream schema config
    """
    from models.errors import InvalidParameter

    schemas = _schemas(language)
    if name is not None and name not in schemas:
        raise InvalidParameter("name", "a schema", f"one of {', '.join(schemas)}", name)
    if language == Language.PROTOBUF:
        typer.echo("\n".join(str(schemas[one]) for one in (schemas if name is None else [name])))
    else:
        typer.echo(json.dumps(schemas if name is None else schemas[name], indent=2))


def _schemas(language: Language) -> dict[str, object]:
    """The schemas by name: the text of .proto files, or JSON."""
    from stream.codec.formats import published
    from stream.codec.schema import SCHEMAS
    from stream.codec.schema import schema as record_schema
    from stream.settings import Settings

    if language == Language.AVRO:
        return {name: published.avro(name) for name in published.TYPES}
    if language == Language.PROTOBUF:
        return {name: published.protobuf(name) for name in published.TYPES}
    of_records = {name: record_schema(name) for name in SCHEMAS}
    return {**of_records, "config": Settings.json_schema()}
