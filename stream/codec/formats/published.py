"""The records that cutstream publishes in every format, and their schemas in each."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any, Literal

import msgspec

from stream.codec.alert import AlertRecord
from stream.codec.formats.avro_schema import avro_schema
from stream.codec.formats.names import Format
from stream.codec.formats.proto_schema import PACKAGE, proto_text
from stream.codec.formats.shapes import Nested, shape_of
from stream.codec.json_schema import json_schema
from stream.codec.score import ScoreRecord
from stream.registry.extra import extra_schemas
from stream.registry.schemas import Schema

Published = Literal["score", "alert"]

TYPES: dict[Published, type[msgspec.Struct]] = {"score": ScoreRecord, "alert": AlertRecord}


def shape(name: Published) -> Nested:
    """The shape of a published record."""
    return shape_of(TYPES[name])


def avro(name: Published) -> dict[str, Any]:
    """Its Avro schema, as JSON has it."""
    return avro_schema(shape(name), f"{PACKAGE}.{name}")


def protobuf(name: Published) -> str:
    """Its Protobuf schema, as the text of a .proto file."""
    return proto_text(shape(name))


def registered(name: Published, form: Format) -> Schema:
    """Its schema as a registry is told it; `form` is not json. Raises MissingExtra."""
    if form == "avro":
        return Schema("AVRO", json.dumps(avro(name)))
    if form == "json-schema":
        return Schema("JSON", json.dumps(_closed(json_schema(name, TYPES[name]))))
    with extra_schemas():
        from stream.codec.formats.descriptors import file_descriptor
    serialized = file_descriptor(shape(name)).SerializeToString(deterministic=True)
    return Schema("PROTOBUF", b64encode(serialized).decode())


def _closed(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of records without other fields.

    Registries let a field be added only to what was closed: where any field may stand, old records
    might hold the new one with another type.
    """
    definitions = {name: _closed(part) for name, part in schema.get("$defs", {}).items()}
    closed = {**schema, "additionalProperties": False} if "properties" in schema else schema
    return {**closed, **({"$defs": definitions} if definitions else {})}
