"""The JSON Schema (2020-12) of an output record, made from the type that writes it."""

from __future__ import annotations

from typing import Any

import msgspec


def json_schema(name: str, record: type[msgspec.Struct]) -> dict[str, Any]:
    """The schema of a record type, known by `name`."""
    (reference,), components = msgspec.json.schema_components(
        [record], ref_template="#/$defs/{name}"
    )
    root = components.pop(reference["$ref"].removeprefix("#/$defs/"))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:cutstream:schema:{name}:v1",
        **root,
        **({"$defs": components} if components else {}),
    }
