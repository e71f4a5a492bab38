"""From published records to record values in any format."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import msgspec

from stream.codec.formats.names import CONTENT_TYPES, Format
from stream.codec.formats.published import Published, avro, registered, shape
from stream.codec.formats.shapes import Mapping
from stream.registry.extra import extra_schemas
from stream.registry.framing import frame
from stream.registry.schemas import Schema

Payload = Callable[[msgspec.Struct], bytes]

_NAN = float("nan")


class Registrar(Protocol):
    """What encoders need of stream.registry.SchemaRegistry."""

    def id_of(self, subject: str, schema: Schema) -> int: ...


class Encoder(Protocol):
    """Makes record values of one topic. Equal records make equal values."""

    content_type: str

    def prepare(self) -> None:
        """Get what `encode` needs from outside.

        Raises RegistryUnavailable, and RegistryRefused.
        """

    def encode(self, record: msgspec.Struct) -> bytes:
        """The value that holds the record."""


def make_encoder(
    form: Format, name: Published, topic: str, registrar: Registrar | None = None
) -> Encoder:
    """The encoder of the published records `name` for a topic.

    registrar: where the schema is registered; needed by every format but json. Raises MissingExtra.
    """
    if form == "json":
        return _JsonEncoder()
    if registrar is None:
        raise ValueError(f"the format {form} needs a schema registry")
    return _FramedEncoder(form, name, f"{topic}-value", registrar)


class _JsonEncoder:
    """Writes plain JSON."""

    def __init__(self) -> None:
        self.content_type = CONTENT_TYPES["json"]
        self.encode: Payload = msgspec.json.Encoder().encode

    def prepare(self) -> None:
        """Nothing is needed."""


class _FramedEncoder:
    """Writes values that begin with the id of their schema."""

    def __init__(self, form: Format, name: Published, subject: str, registrar: Registrar) -> None:
        self.content_type = CONTENT_TYPES[form]
        self._subject = subject
        self._registrar = registrar
        self._schema = registered(name, form)
        self._payload = _PAYLOADS[form](name)
        # The first message of a Protobuf file has the shortest index there is.
        self._place = b"\0" if form == "protobuf" else b""
        self._prefix: bytes | None = None

    def prepare(self) -> None:
        if self._prefix is None:
            schema_id = self._registrar.id_of(self._subject, self._schema)
            self._prefix = frame(schema_id) + self._place

    def encode(self, record: msgspec.Struct) -> bytes:
        self.prepare()
        return (self._prefix or b"") + self._payload(record)


def _json_payload(_name: Published) -> Payload:
    return msgspec.json.Encoder().encode


def _avro_payload(name: Published) -> Payload:
    with extra_schemas():
        from fastavro import parse_schema, schemaless_writer
    from io import BytesIO

    parsed = parse_schema(avro(name))
    nullable = _nullable_numbers(name)

    def payload(record: msgspec.Struct) -> bytes:
        fields = msgspec.to_builtins(record)
        for field in nullable:
            numbers = fields[field]
            fields[field] = {key: _number_or_null(numbers[key]) for key in numbers}
        stream = BytesIO()
        schemaless_writer(stream, parsed, fields)
        return stream.getvalue()

    return payload


def _protobuf_payload(name: Published) -> Payload:
    with extra_schemas():
        from stream.codec.formats.descriptors import file_descriptor, message_type
    message = message_type(file_descriptor(shape(name)))
    nullable = _nullable_numbers(name)

    def payload(record: msgspec.Struct) -> bytes:
        fields = msgspec.to_builtins(record)
        for field in nullable:
            numbers = fields[field]
            fields[field] = {key: _NAN if numbers[key] is None else numbers[key] for key in numbers}
        # Mappings have no order of their own: it is fixed, so that bytes are the same on a replay.
        return message(**fields).SerializeToString(deterministic=True)

    return payload


def _nullable_numbers(name: Published) -> list[str]:
    """The mappings whose numbers may be null, which in a record can be NaN as well."""
    return [
        field.name
        for field in shape(name).fields
        if isinstance(field.shape, Mapping) and field.shape.nullable_values
    ]


def _number_or_null(number: float | None) -> float | None:
    return None if number is None or number != number else number  # noqa: PLR0124 - NaN alone differs from itself


_PAYLOADS: dict[Format, Callable[[Published], Payload]] = {
    "avro": _avro_payload,
    "json-schema": _json_payload,
    "protobuf": _protobuf_payload,
}
