"""The shape of an output record, read off the type that defines it: what every schema is made from."""

from __future__ import annotations

from typing import Literal, NamedTuple

import msgspec
from msgspec import inspect

Kind = Literal["string", "long", "double", "boolean"]


class Scalar(NamedTuple):
    """One value."""

    kind: Kind


class Listing(NamedTuple):
    """Values in an order."""

    item: Scalar | Nested


class Mapping(NamedTuple):
    """Values by text."""

    value: Scalar | Nested
    nullable_values: bool


class Nested(NamedTuple):
    """Fields by name."""

    name: str
    doc: str
    fields: tuple[Field, ...]


class Field(NamedTuple):
    """One field of a record."""

    name: str
    doc: str
    shape: Scalar | Listing | Mapping | Nested
    nullable: bool


def shape_of(record: type[msgspec.Struct]) -> Nested:
    """The shape of a record. Raises TypeError for a field that not every format could hold."""
    return _nested(inspect.type_info(record))


def _nested(info: inspect.Type) -> Nested:
    if not isinstance(info, inspect.StructType):
        raise TypeError(f"an output record must be a struct, got {info}")
    doc = (info.cls.__doc__ or "").strip().partition("\n")[0]
    return Nested(info.cls.__name__, doc, tuple(_field(field) for field in info.fields))


def _field(field: inspect.Field) -> Field:
    doc, info = "", field.type
    if isinstance(info, inspect.Metadata):
        doc, info = str((info.extra_json_schema or {}).get("description", "")), info.type
    info, nullable = _without_null(info)
    shape = _shape(info)
    if nullable and not isinstance(shape, Mapping):
        # Protobuf cannot tell an absent value from an empty one, so null must mean what empty does.
        raise TypeError(f"only a mapping may be null in an output record, got {field.name}")
    return Field(field.encode_name, doc, shape, nullable)


def _shape(info: inspect.Type) -> Scalar | Listing | Mapping | Nested:
    if isinstance(info, inspect.VarTupleType):
        return Listing(_part(info.item_type))
    if isinstance(info, inspect.DictType):
        value, nullable = _without_null(info.value_type)
        return Mapping(_part(value), nullable)
    return _part(info)


def _part(info: inspect.Type) -> Scalar | Nested:
    if isinstance(info, inspect.Metadata):
        info = info.type
    if isinstance(info, inspect.StructType):
        return _nested(info)
    kind = _kind(info)
    if kind is None:
        raise TypeError(f"an output record holds text, numbers and booleans, got {info}")
    return Scalar(kind)


def _kind(info: inspect.Type) -> Kind | None:
    # Of a set of names, readers of other formats know only the members of their own version.
    if isinstance(info, inspect.StrType | inspect.EnumType | inspect.LiteralType):
        return "string"
    if isinstance(info, inspect.BoolType):
        return "boolean"
    if isinstance(info, inspect.IntType):
        return "long"
    return "double" if isinstance(info, inspect.FloatType) else None


def _without_null(info: inspect.Type) -> tuple[inspect.Type, bool]:
    if isinstance(info, inspect.UnionType) and info.includes_none and len(info.types) == 2:
        (rest,) = (one for one in info.types if not isinstance(one, inspect.NoneType))
        return rest, True
    return info, False
