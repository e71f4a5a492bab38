from __future__ import annotations

from decimal import Decimal

import pytest
from confluent_kafka.schema_registry.confluent.type import decimal_pb2
from google.protobuf import struct_pb2, timestamp_pb2, wrappers_pb2
from google.protobuf.descriptor_pb2 import DescriptorProto, FileDescriptorProto
from google.type import decimal_pb2 as google_decimal_pb2

from stream.codec.formats.messages import needed
from stream.codec.formats.protobuf import compile_protobuf
from stream.codec.formats.values import Instant
from stream.codec.json_text import Undecodable
from stream.registry import Reference, Schema
from tests.stream.codec.formats.memory import (
    class_of,
    field,
    file_of,
    map_entry,
    message,
    protobuf,
    well_known,
)


def decoded(file: FileDescriptorProto, *before: FileDescriptorProto, **fields: object) -> object:
    payload = class_of(file, *before)(**fields).SerializeToString()
    return compile_protobuf(protobuf(file))(b"\0" + payload)


def test_absence_and_zero() -> None:
    inner = message("Inner", field("x", "int32"))
    event = message(
        "Event",
        field("implicit", "double"),
        field("explicit", "double", optional=True),
        field("inner", "message", ".t.Event.Inner"),
        inside=[inner],
    )
    file = file_of(event)
    assert decoded(file) == {"implicit": 0.0}
    everything = {"implicit": 0.0, "explicit": 0.0, "inner": {"x": 0}}
    assert decoded(file, explicit=0.0, inner={}) == everything


def test_lists_maps_and_enumerations() -> None:
    by_number = map_entry("ByNumberEntry", "int64", field("value", "message", ".t.Event.Part"))
    by_flag = map_entry("ByFlagEntry", "bool", field("value", "string"))
    event = message(
        "Event",
        field("by_number", "message", ".t.Event.ByNumberEntry", repeated=True),
        field("by_flag", "message", ".t.Event.ByFlagEntry", repeated=True),
        field("parts", "message", ".t.Event.Part", repeated=True),
        field("kinds", "enum", ".t.Kind", repeated=True),
        field("raw", "bytes"),
        inside=[by_number, by_flag, message("Part", field("x", "fixed64"))],
    )
    file = file_of(event)
    file.enum_type.add(name="Kind").value.add(name="PUMP", number=0)
    document = decoded(
        file,
        by_number={12: {"x": 1}, -3: {"x": 2}},
        by_flag={True: "yes"},
        parts=[{"x": 3}],
        kinds=[0, 5],
        raw=b"\xff",
    )
    assert document == {
        "by_number": {"-3": {"x": 2}, "12": {"x": 1}},
        "by_flag": {"true": "yes"},
        "parts": [{"x": 3}],
        "kinds": ["PUMP", 5],
        "raw": b"\xff",
    }


def test_a_map_has_one_order() -> None:
    entry = map_entry("MEntry", "string", field("value", "int32"))
    file = file_of(
        message("E", field("m", "message", ".t.E.MEntry", repeated=True), inside=[entry])
    )
    names = [f"n{number:02}" for number in range(40)]
    document = decoded(file, m=dict.fromkeys(reversed(names), 1))
    assert isinstance(document, dict)
    assert list(document["m"]) == names


def test_well_known_types_are_the_values_that_they_stand_for() -> None:
    imports = {
        "google/protobuf/timestamp.proto": timestamp_pb2,
        "google/protobuf/wrappers.proto": wrappers_pb2,
        "google/protobuf/struct.proto": struct_pb2,
        "google/type/decimal.proto": google_decimal_pb2,
        "confluent/type/decimal.proto": decimal_pb2,
    }
    file = file_of(
        message(
            "Event",
            field("at", "message", ".google.protobuf.Timestamp"),
            field("wrapped", "message", ".google.protobuf.DoubleValue"),
            field("absent", "message", ".google.protobuf.DoubleValue"),
            field("free", "message", ".google.protobuf.Struct"),
            field("price", "message", ".google.type.Decimal"),
            field("amount", "message", ".confluent.type.Decimal"),
        ),
        imports=[*imports],
    )
    document = decoded(
        file,
        *map(well_known, imports.values()),
        at={"seconds": -1, "nanos": 999_999_999},
        wrapped={"value": 0.0},
        free={"a": [1.0]},
        price={"value": "1.50"},
        amount={"value": b"\xff\x6a", "scale": 2},
    )
    assert document == {
        "at": Instant(-1),
        "wrapped": 0.0,
        "free": {"a": [1.0]},
        "price": Decimal("1.50"),
        "amount": Decimal("-1.50"),
    }


def test_a_message_may_hold_itself() -> None:
    node = message("Node", field("x", "int32"), field("next", "message", ".t.Node"))
    nested = {"x": 1, "next": {"x": 2, "next": {"x": 3}}}
    assert decoded(file_of(node), **nested) == nested


def test_only_needed_fields_are_looked_at() -> None:
    inner = message("Inner", field("x", "int32"), field("y", "int32"))
    event = message(
        "Event", field("a", "message", ".t.Event.Inner"), field("b", "int32"), inside=[inner]
    )
    file = file_of(event)
    payload = b"\0" + class_of(file)(a={"x": 1, "y": 2}, b=3).SerializeToString()

    def document(*paths: tuple[str, ...]) -> object:
        return compile_protobuf(protobuf(file), needed(paths))(payload)

    assert document(("a", "x")) == {"a": {"x": 1}}
    assert document(("a", "x"), ("a",), ("c",)) == {"a": {"x": 1, "y": 2}}
    assert document(("a",), ("a", "x")) == {"a": {"x": 1, "y": 2}}
    assert document(("b", "0")) == {"b": 3}
    assert document() == {"a": {"x": 1, "y": 2}, "b": 3}


INNERMOST = message("C", field("x", "int32"))
MIDDLE = message("B", field("x", "int32"), inside=[message("Other"), INNERMOST])
NESTED = file_of(message("A", field("x", "int32")), message("Z", inside=[MIDDLE]))


@pytest.mark.parametrize("indexes", [b"\0", b"\x02\0", b"\x04\x02\0", b"\x06\x02\0\x02"])
def test_the_message_is_found_by_its_place(indexes: bytes) -> None:
    decode = compile_protobuf(protobuf(NESTED))
    assert decode(indexes + b"\x08\x07") == {"x": 7}


@pytest.mark.parametrize(
    ("payload", "told"),
    [
        (b"", "must be complete, got the end of the value"),
        (b"\x04\x02", "must be complete"),
        (b"\x80" * 20, "must be complete"),
        (b"\x01", "must have 1 to 100 parts, got -1"),
        (b"\xff\x0f", "must have 1 to 100 parts"),
        (b"\x02\x08", "must name a message of the schema, got 4"),
        (b"\x02\x01", "must name a message of the schema, got -1"),
        (b"\x04\0\0", "must name a message of the schema, got 0.0"),
        (b"\0\xff", "is not the Protobuf of its schema"),
    ],
)
def test_a_damaged_payload(payload: bytes, told: str) -> None:
    result = compile_protobuf(protobuf(NESTED))(payload)
    assert isinstance(result, Undecodable)
    assert told in result.detail


def part_file(name: str, *fields: DescriptorProto, imports: tuple[str, ...] = ()) -> Schema:
    file = file_of(*fields, imports=imports)
    file.name = name
    return protobuf(file)


def test_a_schema_may_import_others() -> None:
    at = field("at", "message", ".google.protobuf.Timestamp")
    stamp = part_file("s", message("Stamp", at), imports=("google/protobuf/timestamp.proto",))
    to_stamp = Reference("common/stamp.proto", stamp)
    part = file_of(
        message("Part", field("s", "message", ".t.Stamp")), imports=["common/stamp.proto"]
    )
    to_part = Reference("part.proto", protobuf(part, to_stamp))
    event = file_of(
        message("Event", field("p", "message", ".t.Part"), field("s", "message", ".t.Stamp")),
        imports=["part.proto", "common/stamp.proto"],
    )
    decode = compile_protobuf(protobuf(event, to_part, to_stamp))
    # p.s.at.seconds = 1, s.at.seconds = 2
    payload = b"\0\x0a\x06\x0a\x04\x0a\x02\x08\x01\x12\x04\x0a\x02\x08\x02"
    assert decode(payload) == {
        "p": {"s": {"at": Instant(1_000_000)}},
        "s": {"at": Instant(2_000_000)},
    }


@pytest.mark.parametrize("path", ["other.proto", "google/../os.proto"])
def test_an_import_that_nobody_brings(path: str) -> None:
    with pytest.raises(ValueError, match="is none of the schema's references"):
        compile_protobuf(protobuf(file_of(message("E"), imports=[path])))


def test_a_decimal_that_would_fill_the_memory() -> None:
    amount = field("amount", "message", ".confluent.type.Decimal")
    file = file_of(message("E", amount), imports=["confluent/type/decimal.proto"])
    before = well_known(decimal_pb2)
    too_long = decoded(file, before, amount={"value": b"\1" * 1_001})
    assert isinstance(too_long, Undecodable)
    far_out = decoded(file, before, amount={"value": b"\1", "scale": -(2**31)})
    assert isinstance(far_out, dict | Undecodable)
