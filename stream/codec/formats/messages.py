"""Protobuf messages to documents of plain values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from functools import partial
from typing import Any, NamedTuple

from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from stream.codec.formats.values import Instant, decimal_of

Fields = Mapping[str, "Fields"]
"""The fields that are needed, by name, with those inside of each; an empty mapping means all."""
Convert = Callable[[Any], object]

_ALL: Fields = {}


def needed(paths: Iterable[tuple[str, ...]]) -> Fields:
    """The fields that lie on any of these paths."""
    tree: dict[str, Any] = {}
    whole: list[dict[str, Any]] = []
    for path in paths:
        level = tree
        for name in path:
            level = level.setdefault(name, {})
        whole.append(level)
    for level in whole:  # one path may end where another one goes on
        level.clear()
    return tree


def converter(descriptor: Descriptor, fields: Fields | None = None) -> Convert:
    """A function from messages of this type to documents with at least the fields needed."""
    return _Converters().of_message(descriptor, fields or _ALL)


class _Field(NamedTuple):
    name: str
    has_presence: bool
    convert: Convert | None


class _Converters:
    """Makes converters; those of whole messages once by type, as types may hold themselves."""

    def __init__(self) -> None:
        self._whole: dict[str, Convert] = {}

    def of_message(self, descriptor: Descriptor, fields: Fields) -> Convert:
        known = _WELL_KNOWN.get(descriptor.full_name)
        if known is not None:
            return known
        if fields:
            return self._made(descriptor, fields)
        name = descriptor.full_name
        if name not in self._whole:
            # Until it is made, those inside of it look it up for each message.
            self._whole[name] = partial(self._by_name, name)
            self._whole[name] = self._made(descriptor, _ALL)
        return self._whole[name]

    def _by_name(self, name: str, message: Message) -> object:
        return self._whole[name](message)

    def _made(self, descriptor: Descriptor, fields: Fields) -> Convert:
        steps = [
            _Field(
                field.name,
                field.has_presence and not field.is_repeated,
                self._of_field(field, fields.get(field.name, _ALL)),
            )
            for field in descriptor.fields
            if not fields or field.name in fields
        ]

        def convert(message: Message) -> dict[str, object]:
            document = {}
            for name, has_presence, of_value in steps:
                if has_presence and not message.HasField(name):
                    continue
                value = getattr(message, name)
                document[name] = value if of_value is None else of_value(value)
            return document

        return convert

    def _of_field(self, field: FieldDescriptor, inside: Fields) -> Convert | None:
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            key, value = (field.message_type.fields_by_name[name] for name in ("key", "value"))
            return _of_map(_key_text(key), self._of_value(value, _ALL))
        if field.is_repeated:
            return _of_list(self._of_value(field, _ALL))
        return self._of_value(field, inside)

    def _of_value(self, field: FieldDescriptor, inside: Fields) -> Convert | None:
        if field.message_type is not None:
            return self.of_message(field.message_type, inside)
        if field.enum_type is not None:
            names = {
                number: value.name for number, value in field.enum_type.values_by_number.items()
            }
            # A number that the schema has no name for stays one.
            return lambda number: names.get(number, number)
        return None


def _of_map(of_key: Convert, of_value: Convert | None) -> Convert:
    def convert(container: Mapping[Any, object]) -> dict[object, object]:
        return {
            of_key(key): container[key] if of_value is None else of_value(container[key])
            for key in sorted(container)  # a map has no order of its own
        }

    return convert


def _of_list(of_value: Convert | None) -> Convert:
    return list if of_value is None else lambda values: [of_value(value) for value in values]


def _key_text(field: FieldDescriptor) -> Convert:
    return (lambda key: str(key).lower()) if field.type == FieldDescriptor.TYPE_BOOL else str


def _instant(message: Any) -> Instant:  # noqa: ANN401 - a message of a type made at run time
    return Instant(message.seconds * 1_000_000 + message.nanos // 1_000)


def _value(message: Any) -> object:  # noqa: ANN401 - see above
    return message.value


def _confluent_decimal(message: Any) -> Decimal:  # noqa: ANN401 - see above
    return decimal_of(message.value, message.scale)


def _google_decimal(message: Any) -> Decimal:  # noqa: ANN401 - see above
    return Decimal(message.value)


_WRAPPERS = "Double Float Int64 UInt64 Int32 UInt32 Bool String Bytes"
_WELL_KNOWN: dict[str, Convert] = {
    "google.protobuf.Timestamp": _instant,
    **{f"google.protobuf.{name}Value": _value for name in _WRAPPERS.split()},
    **{
        f"google.protobuf.{name}": json_format.MessageToDict
        for name in ("Struct", "Value", "ListValue")
    },
    "google.type.Decimal": _google_decimal,
    "confluent.type.Decimal": _confluent_decimal,
}
