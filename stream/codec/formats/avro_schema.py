"""The Avro schema of an output record."""

from __future__ import annotations

from typing import Any

from stream.codec.formats.shapes import Field, Listing, Mapping, Nested, Scalar

_DEFAULTS: dict[str, object] = {"string": "", "long": 0, "double": 0.0, "boolean": False}


def avro_schema(shape: Nested, namespace: str) -> dict[str, Any]:
    """The schema of records of that shape, as JSON has it.

    Every field has a default, so that a version that has it and one that lacks it read each other.
    """
    return {**_record(shape), "namespace": namespace}


def _record(shape: Nested) -> dict[str, Any]:
    fields = [_field(field) for field in shape.fields]
    return {"type": "record", "name": shape.name, "doc": shape.doc, "fields": fields}


def _field(field: Field) -> dict[str, Any]:
    kind = _type(field.shape)
    return {
        "name": field.name,
        "doc": field.doc,
        "type": ["null", kind] if field.nullable else kind,
        "default": None if field.nullable else _default(field.shape),
    }


def _type(shape: Scalar | Listing | Mapping | Nested) -> object:
    if isinstance(shape, Scalar):
        return shape.kind
    if isinstance(shape, Listing):
        return {"type": "array", "items": _type(shape.item)}
    if isinstance(shape, Mapping):
        value = _type(shape.value)
        return {"type": "map", "values": ["null", value] if shape.nullable_values else value}
    return _record(shape)


def _default(shape: Scalar | Listing | Mapping | Nested) -> object:
    if isinstance(shape, Scalar):
        return _DEFAULTS[shape.kind]
    if isinstance(shape, Listing):
        return []
    if isinstance(shape, Mapping):
        return {}
    return {field.name: _default(field.shape) for field in shape.fields}
