"""The same event in every format is the same event."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

import pytest
from confluent_kafka.schema_registry.confluent.type import decimal_pb2
from google.protobuf import timestamp_pb2
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from hypothesis import given
from hypothesis import strategies as st

from stream.codec import Event, InputDecoder, InputFormat, Rejected
from stream.codec.formats.names import Format
from stream.codec.formats.reading import make_reader
from stream.codec.timestamps import to_rfc3339
from stream.records import Record
from stream.registry import Schema
from stream.registry.framing import frame
from tests.stream.codec.formats import memory
from tests.stream.codec.formats.memory import field, file_of, message, well_known

KINDS = ("PUMP", "VALVE")
FORM = InputFormat(
    features={"flow": "reading.flow", "count": "reading.count", "amount": "amount", "list": "l.1"},
    key=("station", "kind"),
    timestamp="at",
)
PATHS = (*FORM.features.values(), *FORM.key, "at")

AVRO = {
    "type": "record",
    "name": "Event",
    "fields": [
        {"name": "note", "type": ["null", "string"]},
        {"name": "station", "type": ["null", "string"]},
        {"name": "kind", "type": {"type": "enum", "name": "Kind", "symbols": KINDS}},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-micros"}},
        {
            "name": "reading",
            "type": {
                "type": "record",
                "name": "Reading",
                "fields": [
                    {"name": "flow", "type": ["null", "double"]},
                    {"name": "count", "type": "long"},
                ],
            },
        },
        {
            "name": "amount",
            "type": [
                "null",
                {"type": "bytes", "logicalType": "decimal", "precision": 12, "scale": 2},
            ],
        },
        {"name": "l", "type": {"type": "array", "items": "double"}},
    ],
}


def proto_file() -> FileDescriptorProto:
    reading = message("Reading", field("flow", "double", optional=True), field("count", "sint64"))
    event = message(
        "Event",
        field("note", "string"),
        field("station", "string", optional=True),
        field("kind", "enum", ".t.Kind"),
        field("at", "message", ".google.protobuf.Timestamp"),
        field("reading", "message", ".t.Event.Reading"),
        field("amount", "message", ".confluent.type.Decimal"),
        field("l", "double", repeated=True),
        inside=[reading],
    )
    imports = ["google/protobuf/timestamp.proto", "confluent/type/decimal.proto"]
    file = file_of(event, imports=imports)
    file.enum_type.add(name="Kind")
    for number, kind in enumerate(KINDS):
        file.enum_type[0].value.add(name=kind, number=number)
    return file


class Given(NamedTuple):
    """An event as its producer thinks of it."""

    station: str | None
    kind: str
    at: int
    flow: float | None
    count: int
    amount: Decimal | None
    numbers: list[float]


GIVEN = st.builds(
    Given,
    station=st.none() | st.text(st.characters(codec="utf-8"), max_size=5),
    kind=st.sampled_from(KINDS),
    at=st.integers(-(10**15), 10**16),
    flow=st.none() | st.floats(),
    count=st.integers(-(2**63), 2**63 - 1),
    amount=st.none() | st.decimals(-(10**9), 10**9, places=2),
    numbers=st.lists(st.floats(), max_size=3),
)


def as_json(given: Given) -> bytes:
    amount = None if given.amount is None else float(given.amount)
    return json.dumps(
        {
            "station": given.station,
            "kind": given.kind,
            "at": to_rfc3339(given.at),
            "reading": {"flow": given.flow, "count": given.count},
            "amount": amount,
            "l": given.numbers,
        }
    ).encode()


def as_avro(given: Given) -> bytes:
    datum = {
        "note": None,
        "station": given.station,
        "kind": given.kind,
        "at": given.at,
        "reading": {"flow": given.flow, "count": given.count},
        "amount": given.amount,
        "l": given.numbers,
    }
    return memory.avro_value(1, AVRO, datum)


def as_protobuf(given: Given) -> bytes:
    fields: dict[str, object] = {
        "note": "passed over",
        "station": given.station,
        "kind": given.kind,
        "at": {"seconds": given.at // 10**6, "nanos": given.at % 10**6 * 1_000},
        "reading": {"flow": given.flow, "count": given.count},
        "l": given.numbers,
    }
    if given.amount is not None:
        unscaled = int(given.amount.scaleb(2)).to_bytes(8, "big", signed=True)
        fields["amount"] = {"value": unscaled, "scale": 2}
    return memory.protobuf_value(2, PROTO_CLASS(**fields))


PROTO = proto_file()
PROTO_CLASS = memory.class_of(PROTO, well_known(timestamp_pb2), well_known(decimal_pb2))
VALUES: dict[Format, Callable[[Given], bytes]] = {
    "json": as_json,
    "avro": as_avro,
    "protobuf": as_protobuf,
    "json-schema": lambda given: frame(3) + as_json(given),
}


def decoders() -> dict[Format, InputDecoder]:
    registry = memory.MemoryRegistry()
    registry.add(memory.avro(AVRO))
    registry.add(memory.protobuf(PROTO))
    registry.add(Schema("JSON", "{}"))
    return {form: InputDecoder(FORM, make_reader(form, registry, PATHS)) for form in VALUES}


DECODERS = decoders()


def record(value: bytes) -> Record:
    return Record("t", 0, 0, 0, None, value, ())


def told(result: Event | Rejected) -> object:
    """What can be compared: NaN is not equal to itself, and words differ between formats."""
    if isinstance(result, Rejected):
        return (result.reason, result.entity, result.time)
    return (result.entity, result.time, [value.hex() for value in result.values])


@given(GIVEN)
def test_an_event_is_the_same_in_every_format(given: Given) -> None:
    results = {
        form: told(DECODERS[form].decode(record(value(given)))) for form, value in VALUES.items()
    }
    assert set(map(repr, results.values())) == {repr(results["json"])}


@pytest.mark.parametrize("form", VALUES)
def test_most_events_are_usable(form: Format) -> None:
    given = Given("north", "VALVE", 1_714_564_800_123_456, 1.5, 2**62, Decimal("12.50"), [0.0, 7.0])
    event = DECODERS[form].decode(record(VALUES[form](given)))
    assert event == Event(
        b'["north","VALVE"]', 1_714_564_800_123_456, [1.5, 2.0**62, 12.5, 7.0], False
    )


@given(st.sampled_from([*VALUES]), GIVEN, st.data())
def test_a_damaged_value_never_breaks_the_decoder(
    form: Format, given: Given, data: st.DataObject
) -> None:
    value = bytearray(VALUES[form](given))
    for _ in range(data.draw(st.integers(1, 4))):
        value[data.draw(st.integers(0, len(value) - 1))] = data.draw(st.integers(0, 255))
    whole = data.draw(st.integers(0, len(value)))
    assert isinstance(DECODERS[form].decode(record(bytes(value[:whole]))), Event | Rejected)


@given(st.sampled_from([*VALUES]), st.integers(0, 4), st.binary())
def test_any_bytes_give_an_event_or_a_reason(form: Format, schema_id: int, rest: bytes) -> None:
    for value in (rest, frame(schema_id) + rest):
        result = DECODERS[form].decode(record(value))
        if isinstance(result, Rejected):
            assert result.detail.endswith(".")
