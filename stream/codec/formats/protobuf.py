"""Protobuf payloads to documents."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Callable, Iterable
from functools import cache
from importlib import import_module

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor import Descriptor, FileDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from google.protobuf.message import Message

from stream.codec.formats.messages import Fields, converter
from stream.codec.json_text import Undecodable
from stream.registry.framing import BadFraming, take_indexes
from stream.registry.schemas import Schema

Decode = Callable[[bytes], object]

_WELL_KNOWN = re.compile(r"(google|confluent)/[a-z0-9_/]+\.proto")
_FILE = "cutstream-value.proto"


def compile_protobuf(schema: Schema, fields: Fields | None = None) -> Decode:
    """A function from a payload, message index included, to a document or Undecodable.

    It never raises. fields: which fields the document needs; None for all. Raises an exception of
    the protobuf library for a schema that is none.
    """
    pool = descriptor_pool.DescriptorPool()
    file = _add(pool, _FILE, schema)

    @cache
    def at(indexes: tuple[int, ...]) -> tuple[type[Message], Callable[[Message], object]]:
        descriptor = _message_at(file, indexes)
        return message_factory.GetMessageClass(descriptor), converter(descriptor, fields)

    def decode(payload: bytes) -> object:
        try:
            indexes, start = take_indexes(payload)
            message_type, convert = at(indexes)
            return convert(message_type.FromString(payload[start:]))
        except BadFraming as error:
            return Undecodable(str(error))
        except Exception as error:  # whatever a payload makes of a parser that trusts it
            return Undecodable(f"The value is not the Protobuf of its schema: {error}.")

    return decode


def _message_at(file: FileDescriptor, indexes: Iterable[int]) -> Descriptor:
    level: list[Descriptor] = list(file.message_types_by_name.values())
    found: Descriptor | None = None
    for index in indexes:
        if not 0 <= index < len(level):
            break
        found = level[index]
        level = list(found.nested_types)
    else:
        if found is not None:
            return found
    place = ".".join(map(str, indexes))
    raise BadFraming(f"The message index must name a message of the schema, got {place}.")


def _add(pool: descriptor_pool.DescriptorPool, name: str, schema: Schema) -> FileDescriptor:
    """Put a schema into the pool as the file `name`, what it imports first."""
    file = FileDescriptorProto.FromString(b64decode(schema.text))
    file.name = name
    references = dict(schema.references)
    for path in file.dependency:
        if path in references:
            _add_once(pool, path, references[path])
        else:
            _add_well_known(pool, path)
    pool.Add(file)
    return pool.FindFileByName(name)


def _add_once(pool: descriptor_pool.DescriptorPool, name: str, schema: Schema) -> None:
    if not _holds(pool, name):
        _add(pool, name, schema)


def _add_well_known(pool: descriptor_pool.DescriptorPool, path: str) -> None:
    """A file that every Protobuf library brings along, so that no registry has to hold it."""
    if _holds(pool, path):
        return
    if not _WELL_KNOWN.fullmatch(path):
        raise ValueError(f"the imported file {path!r} is none of the schema's references")
    package = "confluent_kafka.schema_registry." if path.startswith("confluent/") else ""
    module = package + path.removesuffix(".proto").replace("/", ".") + "_pb2"
    file: FileDescriptor = import_module(module).DESCRIPTOR
    for dependency in file.dependencies:
        _add_well_known(pool, dependency.name)
    pool.AddSerializedFile(file.serialized_pb)


def _holds(pool: descriptor_pool.DescriptorPool, name: str) -> bool:
    try:
        pool.FindFileByName(name)
    except KeyError:
        return False
    return True
