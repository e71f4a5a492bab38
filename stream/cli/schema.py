"""`cutstream schema`: print the JSON Schemas."""

from __future__ import annotations

import json
from typing import Annotated

import typer


def schema(
    name: Annotated[
        str | None, typer.Argument(help="score, alert, dead-letter or config; default: all, by name.")
    ] = None,
) -> None:
    """Print the JSON Schema of what cutstream writes and of its configuration.

    `score` and `alert` describe the values of such records, `dead-letter` the headers of a dead letter.

    \b
    [bold]Examples[/bold]
      cutstream schema score > score.schema.json
      cutstream schema config
    """
    from models.errors import InvalidParameter
    from stream.codec.schema import SCHEMAS
    from stream.codec.schema import schema as record_schema
    from stream.settings import Settings

    if name is not None and name not in (*SCHEMAS, "config"):
        raise InvalidParameter("name", "a schema", f"one of {', '.join(SCHEMAS)}, config", name)
    schemas = {known: record_schema(known) for known in SCHEMAS}
    schemas["config"] = Settings.json_schema()
    document = schemas if name is None else schemas[name]
    typer.echo(json.dumps(document, indent=2))
