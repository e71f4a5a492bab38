"""The Protobuf descriptor of an output record: the same schema as its .proto file."""

from __future__ import annotations

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
)
from google.protobuf.message import Message

from stream.codec.formats.proto_schema import PACKAGE, nested_in, numbered
from stream.codec.formats.shapes import Field, Listing, Mapping, Nested, Scalar

_KINDS = {
    "string": FieldDescriptorProto.TYPE_STRING,
    "long": FieldDescriptorProto.TYPE_INT64,
    "double": FieldDescriptorProto.TYPE_DOUBLE,
    "boolean": FieldDescriptorProto.TYPE_BOOL,
}


def file_descriptor(shape: Nested) -> FileDescriptorProto:
    """The descriptor of the file whose one message has that shape."""
    message = _message(shape, f".{PACKAGE}.{shape.name}")
    name = f"{PACKAGE.replace('.', '/')}/{shape.name.lower()}.proto"
    return FileDescriptorProto(name=name, package=PACKAGE, syntax="proto3", message_type=[message])


def message_type(file: FileDescriptorProto) -> type[Message]:
    """The class of the file's one message."""
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    name = f"{file.package}.{file.message_type[0].name}"
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(name))


def _message(shape: Nested, path: str) -> DescriptorProto:
    made = DescriptorProto(name=shape.name)
    made.nested_type.extend(_message(inner, f"{path}.{inner.name}") for inner in nested_in(shape))
    for number, field in numbered(shape):
        made.field.append(_field(number, field, path))
        if isinstance(field.shape, Mapping):
            made.nested_type.append(_entry(field.name, field.shape, path))
    return made


def _field(number: int, field: Field, path: str) -> FieldDescriptorProto:
    made = FieldDescriptorProto(
        name=field.name,
        number=number,
        label=FieldDescriptorProto.LABEL_OPTIONAL,
        json_name=_camel(field.name),
    )
    if isinstance(field.shape, Mapping):
        made.label = FieldDescriptorProto.LABEL_REPEATED
        made.type = FieldDescriptorProto.TYPE_MESSAGE
        made.type_name = f"{path}.{_entry_name(field.name)}"
    elif isinstance(field.shape, Listing):
        made.label = FieldDescriptorProto.LABEL_REPEATED
        _set_type(made, field.shape.item, path)
    else:
        _set_type(made, field.shape, path)
    return made


def _entry(name: str, mapping: Mapping, path: str) -> DescriptorProto:
    """The message that stands for one pair of a map."""
    made = DescriptorProto(name=_entry_name(name))
    made.options.map_entry = True
    for number, part in enumerate(("key", "value"), start=1):
        made.field.add(
            name=part, number=number, label=FieldDescriptorProto.LABEL_OPTIONAL, json_name=part
        )
    made.field[0].type = FieldDescriptorProto.TYPE_STRING
    _set_type(made.field[1], mapping.value, path)
    return made


def _set_type(made: FieldDescriptorProto, shape: Scalar | Nested, path: str) -> None:
    if isinstance(shape, Nested):
        made.type = FieldDescriptorProto.TYPE_MESSAGE
        made.type_name = f"{path}.{shape.name}"
    else:
        made.type = _KINDS[shape.kind]


def _entry_name(name: str) -> str:
    return name.title().replace("_", "") + "Entry"


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)
