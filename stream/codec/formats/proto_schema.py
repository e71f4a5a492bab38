"""The Protobuf schema of an output record, as the text of a .proto file."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from stream.codec.formats.shapes import Field, Listing, Mapping, Nested, Scalar

NULLS = "A number that is null in JSON is NaN here, and a mapping that is null is empty."
PACKAGE = "io.cutstream"
KINDS = {"string": "string", "long": "int64", "double": "double", "boolean": "bool"}
"""By kind of a scalar, its type in Protobuf."""

NUMBERS: dict[str, Sequence[str]] = {
    "ScoreRecord": (
        "detector",
        "entity",
        "time",
        "values",
        "score",
        "probability",
        "grade",
        "confidence",
        "threshold",
        "expected",
        "attribution",
        "status",
        "reasons",
        "imputed",
        "observations",
        "source",
    ),
    "AlertRecord": (
        "detector",
        "entity",
        "time",
        "values",
        "score",
        "probability",
        "grade",
        "confidence",
        "threshold",
        "expected",
        "attribution",
        "status",
        "reasons",
        "imputed",
        "observations",
        "source",
        "id",
        "severity",
        "title",
        "summary",
    ),
    "Source": ("topic", "partition", "offset"),
    "Expected": ("value", "lower", "upper"),
    "Attribution": ("share", "direction"),
}
"""By message, its fields in the order of their numbers, the first of which is 1.

Readers know fields by number alone: a new field goes to the end, and none is ever taken out.
"""


def numbered(message: Nested) -> list[tuple[int, Field]]:
    """The fields by their numbers. Raises ValueError for one that has none yet: see NUMBERS."""
    names = list(NUMBERS[message.name])
    return sorted((names.index(field.name) + 1, field) for field in message.fields)


def nested_in(message: Nested) -> list[Nested]:
    """The messages that are declared inside of a message, each once."""
    found: dict[str, Nested] = {}
    for field in message.fields:
        inner = _inner(field.shape)
        if isinstance(inner, Nested):
            found[inner.name] = inner
    return list(found.values())


def proto_text(shape: Nested) -> str:
    """The .proto file of records of that shape."""
    lines = [f"// {NULLS}", 'syntax = "proto3";', "", f"package {PACKAGE};", "", *_message(shape)]
    return "\n".join(lines) + "\n"


def _message(message: Nested) -> Iterator[str]:
    yield from _comment(message.doc)
    yield f"message {message.name} {{"
    for inner in nested_in(message):
        yield from ("  " + line for line in _message(inner))
    for number, field in numbered(message):
        yield from ("  " + line for line in _comment(field.doc))
        yield f"  {_type(field.shape)} {field.name} = {number};"
    yield "}"


def _comment(doc: str) -> list[str]:
    return [f"// {line}" for line in textwrap.wrap(doc, 90)]


def _type(shape: Scalar | Listing | Mapping | Nested) -> str:
    if isinstance(shape, Listing):
        return f"repeated {_type(shape.item)}"
    if isinstance(shape, Mapping):
        return f"map<string, {_type(shape.value)}>"
    return shape.name if isinstance(shape, Nested) else KINDS[shape.kind]


def _inner(shape: Scalar | Listing | Mapping | Nested) -> Scalar | Nested:
    if isinstance(shape, Listing):
        return shape.item
    return shape.value if isinstance(shape, Mapping) else shape
