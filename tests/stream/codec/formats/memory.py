"""A registry in memory, and schemas to put into it."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Sequence
from io import BytesIO
from typing import Any

from fastavro import parse_schema, schemaless_writer
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
)
from google.protobuf.message import Message

from stream.registry import Reference, Schema
from stream.registry.framing import frame

OPTIONAL, REPEATED = FieldDescriptorProto.LABEL_OPTIONAL, FieldDescriptorProto.LABEL_REPEATED


class MemoryRegistry:
    """Ids in the order of arrival, from 1 on."""

    def __init__(self) -> None:
        self.schemas: list[Schema] = []
        self.subjects: dict[str, int] = {}

    def add(self, schema: Schema) -> int:
        if schema not in self.schemas:
            self.schemas.append(schema)
        return self.schemas.index(schema) + 1

    def by_id(self, schema_id: int) -> Schema | None:
        return self.schemas[schema_id - 1] if 0 < schema_id <= len(self.schemas) else None

    def id_of(self, subject: str, schema: Schema) -> int:
        self.subjects[subject] = self.add(schema)
        return self.subjects[subject]


def avro(definition: object, *references: Reference) -> Schema:
    return Schema("AVRO", json.dumps(definition), references)


def avro_value(schema_id: int, definition: Any, datum: object) -> bytes:
    stream = BytesIO()
    schemaless_writer(stream, parse_schema(definition), datum)  # type: ignore[arg-type]  # any datum
    return frame(schema_id) + stream.getvalue()


def protobuf(file: FileDescriptorProto, *references: Reference) -> Schema:
    return Schema("PROTOBUF", b64encode(file.SerializeToString()).decode(), references)


def protobuf_value(schema_id: int, message: Message, indexes: bytes = b"\0") -> bytes:
    return frame(schema_id) + indexes + message.SerializeToString()


def file_of(*messages: DescriptorProto, imports: Sequence[str] = ()) -> FileDescriptorProto:
    """A proto3 file of the package `t`."""
    return FileDescriptorProto(
        name="t.proto", package="t", syntax="proto3", dependency=imports, message_type=messages
    )


def message(
    name: str, *fields: FieldDescriptorProto, inside: Sequence[DescriptorProto] = ()
) -> DescriptorProto:
    """A message whose fields are numbered in their order; those that are optional know absence."""
    made = DescriptorProto(name=name, nested_type=inside)
    for number, field in enumerate(fields, start=1):
        field.number = number
        if field.proto3_optional:
            field.oneof_index = len(made.oneof_decl)
            made.oneof_decl.add(name=f"_{field.name}")
        made.field.append(field)
    return made


def field(
    name: str, kind: str, type_name: str = "", *, optional: bool = False, repeated: bool = False
) -> FieldDescriptorProto:
    """A field of a type as .proto files name it, `message` and `enum` included."""
    return FieldDescriptorProto(
        name=name,
        type=getattr(FieldDescriptorProto, f"TYPE_{kind.upper()}"),
        type_name=type_name or None,
        label=REPEATED if repeated else OPTIONAL,
        proto3_optional=optional,
    )


def map_entry(name: str, key: str, value: FieldDescriptorProto) -> DescriptorProto:
    made = message(name, field("key", key), value)
    made.options.map_entry = True
    return made


def class_of(file: FileDescriptorProto, *before: FileDescriptorProto) -> type[Message]:
    """The class of the file's first message; `before` are the files that it imports."""
    pool = descriptor_pool.DescriptorPool()
    for imported in before:
        pool.Add(imported)
    pool.Add(file)
    name = f"{file.package}.{file.message_type[0].name}"
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(name))


def well_known(module: Any) -> FileDescriptorProto:
    """The file that a generated module was made from."""
    return FileDescriptorProto.FromString(module.DESCRIPTOR.serialized_pb)
