"""Avro payloads to documents."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

from fastavro import parse_schema, schemaless_reader

from stream.codec.formats.avro_types import translated
from stream.codec.formats.unrolling import unrolled
from stream.codec.json_text import Undecodable
from stream.registry.schemas import Schema

_ROOT = "value"
_WEIGHTLESS = ("null",)

Decode = Callable[[bytes], object]


def compile_avro(schema: Schema) -> Decode:
    """A function from a payload to what it holds, or Undecodable. It never raises.

    Logical types become moments, days, decimals and identifiers. Raises an exception
    of fastavro for a schema that is none, ValueError for one whose payloads may claim arrays of any
    length in a few bytes.
    """
    named: dict[str, Any] = {}
    for definition in _referred_to(schema, set()):
        parse_schema(translated(definition), named_schemas=named)
    # In a record of one field stands what stands there without it: so any schema is a record's.
    given = parse_schema(_wrapped(translated(json.loads(schema.text))), named_schemas=named)
    for one in named.values():  # the root is among them
        _check_weights(one, named)
    parsed = parse_schema(unrolled(given, named))

    def decode(payload: bytes) -> object:
        stream = BytesIO(payload)
        try:
            document = schemaless_reader(stream, parsed, None)
        except Exception as error:  # whatever a payload makes of a reader that trusts it
            return Undecodable(f"The value is not the Avro of its schema: {_told(error)}.")
        rest = len(payload) - stream.tell()
        if rest:
            return Undecodable(f"The value must end with its Avro payload, got {rest} bytes more.")
        return document[_ROOT]  # type: ignore[index,call-overload]  # the root is our record

    return decode


def _wrapped(definition: object) -> dict[str, Any]:
    fields = [{"name": _ROOT, "type": definition}]
    # Without a namespace, or names inside of it would be taken for names in that.
    return {"type": "record", "name": "CutstreamRoot", "fields": fields}


def _referred_to(schema: Schema, seen: set[str]) -> Iterator[Any]:
    """The definitions that a schema builds on, those first that others need."""
    for name, inner in schema.references:
        if name not in seen:
            seen.add(name)
            yield from _referred_to(inner, seen)
            yield json.loads(inner.text)


def _check_weights(definition: Any, named: dict[str, Any]) -> None:  # noqa: ANN401 - any JSON
    """Refuse arrays of what takes no bytes: a payload of ten bytes could claim 2**62 of them."""
    if isinstance(definition, list):
        for branch in definition:
            _check_weights(branch, named)
    elif isinstance(definition, dict):
        if definition["type"] == "array" and _is_weightless(definition["items"], named, ()):
            raise ValueError("an array of items that take no bytes is not read")
        for part in ("items", "values"):
            _check_weights(definition.get(part), named)
        for field in definition.get("fields", ()):
            _check_weights(field["type"], named)


def _is_weightless(definition: Any, named: dict[str, Any], inside: tuple[str, ...]) -> bool:  # noqa: ANN401 - any JSON
    if isinstance(definition, str):
        if definition in inside or definition not in named:
            return definition in _WEIGHTLESS
        return _is_weightless(named[definition], named, (*inside, definition))
    if not isinstance(definition, dict):
        return False
    if definition["type"] == "fixed":
        return bool(definition["size"] == 0)
    if definition["type"] in ("record", "error"):
        fields = definition["fields"]
        return all(_is_weightless(field["type"], named, inside) for field in fields)
    return definition["type"] in _WEIGHTLESS


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".rstrip(": .")
