"""Schemas as a registry keeps them."""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

SchemaType = Literal["AVRO", "JSON", "PROTOBUF"]
SCHEMA_TYPES: tuple[SchemaType, ...] = get_args(SchemaType)


class Schema(NamedTuple):
    """One schema. What an id of a registry stands for never changes."""

    type: SchemaType
    text: str
    """JSON; of Protobuf the serialized FileDescriptorProto in base64."""
    references: tuple[Reference, ...] = ()


class Reference(NamedTuple):
    """A schema that another one builds on."""

    name: str
    """What the other one calls it: a full name in Avro, the path of an import in Protobuf."""
    schema: Schema
