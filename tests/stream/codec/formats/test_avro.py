from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from uuid import UUID

import pytest

from stream.codec.formats.avro import compile_avro
from stream.codec.formats.values import Instant
from stream.codec.json_text import Undecodable
from stream.registry import Reference
from tests.stream.codec.formats.memory import avro, avro_value

POINT = {"type": "record", "name": "geo.Point", "fields": [{"name": "x", "type": "double"}]}


def decoded(definition: object, datum: object) -> object:
    return compile_avro(avro(definition))(avro_value(0, definition, datum)[5:])


@pytest.mark.parametrize(
    ("definition", "written", "read"),
    [
        ("long", 7, 7),
        (["null", "string"], "a", "a"),
        ({"type": "map", "values": "int"}, {"a": 1}, {"a": 1}),
        ({"type": "enum", "name": "E", "symbols": ["A", "B"]}, "B", "B"),
        ({"type": "long", "logicalType": "timestamp-millis"}, 1, Instant(1_000)),
        ({"type": "long", "logicalType": "timestamp-micros"}, 2**62, Instant(2**62)),
        ({"type": "long", "logicalType": "timestamp-nanos"}, 1_999, Instant(1)),
        ({"type": "long", "logicalType": "local-timestamp-micros"}, 1, Instant(1)),
        ({"type": "int", "logicalType": "date"}, 1, date(1970, 1, 2)),
        ({"type": "int", "logicalType": "time-millis"}, 1_000, time(0, 0, 1)),
        (
            {"type": "bytes", "logicalType": "decimal", "precision": 5, "scale": 2},
            Decimal("-1.50"),
            Decimal("-1.50"),
        ),
        (
            {"type": "fixed", "size": 3, "name": "D", "logicalType": "decimal", "precision": 5},
            Decimal(9),
            Decimal(9),
        ),
        ({"type": "string", "logicalType": "uuid"}, str(UUID(int=7)), UUID(int=7)),
        ({"type": "string", "logicalType": "of a later version"}, "a", "a"),
    ],
)
def test_a_value_of_any_schema(definition: object, written: object, read: object) -> None:
    found = decoded(definition, written)
    assert (found, type(found)) == (read, type(read))


def test_a_schema_may_refer_to_others() -> None:
    line = {
        "type": "record",
        "name": "geo.Line",
        "fields": [{"name": name, "type": "geo.Point"} for name in ("a", "b")],
    }
    to_point = Reference("geo.Point", avro(POINT))
    to_line = Reference("geo.Line", avro(line, to_point))
    decode = compile_avro(avro(["geo.Point", "geo.Line"], to_line, to_point))
    payload = avro_value(0, [POINT, line], ("geo.Line", {"a": {"x": 1.0}, "b": {"x": 2.0}}))[5:]
    assert decode(payload) == {"a": {"x": 1.0}, "b": {"x": 2.0}}


def test_a_schema_may_refer_to_one_without_a_namespace() -> None:
    inner = {"type": "record", "name": "Inner", "fields": [{"name": "x", "type": "long"}]}
    decode = compile_avro(avro(["null", "Inner"], Reference("Inner", avro(inner))))
    assert decode(b"\x02\x0e") == {"x": 7}


@pytest.mark.parametrize(
    ("payload", "told"),
    [
        (b"", "is not the Avro of its schema"),
        (b"\x08ab", "is not the Avro of its schema: EOFError"),
        (b"\x02\xff", "is not the Avro of its schema: UnicodeDecodeError"),
        (b"\x02ab", "must end with its Avro payload, got 1 bytes more"),
    ],
)
def test_a_damaged_payload(payload: bytes, told: str) -> None:
    result = compile_avro(avro("string"))(payload)
    assert isinstance(result, Undecodable)
    assert told in result.detail


def nested(depth: int, ways: str) -> bytes:
    """Records of NODE inside of one another, each reached by the next of `ways` in turn."""
    payload = b"\0\0\0"
    for level in reversed(range(depth)):
        inside = {"n": b"\x02" + payload + b"\0\0", "l": b"\0\x02" + payload + b"\0\0"}
        inside["m"] = b"\0\0\x02\x02k" + payload + b"\0"
        payload = inside[ways[level % len(ways)]]
    return payload


NODE = {
    "type": "record",
    "name": "tree.Node",
    "fields": [
        {"name": "next", "type": ["null", "Node"], "default": None},
        {"name": "list", "type": {"type": "array", "items": "Node"}},
        {"name": "map", "type": {"type": "map", "values": "tree.Node"}},
    ],
}
LEAF = {"next": None, "list": [], "map": {}}


@pytest.mark.parametrize("ways", ["n", "l", "m", "nlm"])
def test_a_record_that_holds_itself(ways: str) -> None:
    decode = compile_avro(avro(NODE))
    assert decode(nested(0, ways)) == LEAF
    two = nested(2, "nl")
    assert decode(two) == {**LEAF, "next": {**LEAF, "list": [LEAF]}}
    assert isinstance(decode(nested(98, ways)), dict)
    # Of so many the reader's own stack would overflow, and end the process.
    for depth in (101, 100_000):
        result = decode(nested(depth, ways) if depth < 1_000 else b"\x02" * depth)
        assert isinstance(result, Undecodable)
        assert "is not the Avro of its schema" in result.detail


def test_types_that_hold_one_another_beside_types_that_do_not() -> None:
    kind = {"type": "enum", "name": "Kind", "symbols": ["A", "B"]}
    other = {
        "type": "record",
        "name": "Other",
        "fields": [{"name": "one", "type": ["null", "One"]}, {"name": "kind", "type": kind}],
    }
    amount = {"type": "bytes", "logicalType": "decimal", "precision": 5, "scale": 2}
    one = {
        "type": "record",
        "name": "One",
        "fields": [
            {"name": "other", "type": ["null", other]},
            {"name": "kind", "type": "Kind"},
            {"name": "amount", "type": amount},
        ],
    }
    leaf = {"other": None, "kind": "B", "amount": Decimal("1.25")}
    datum = {**leaf, "other": {"one": leaf, "kind": "A"}}
    assert decoded(one, datum) == datum


@pytest.mark.parametrize(
    "items",
    [
        "null",
        {"type": "fixed", "name": "F", "size": 0},
        {"type": "record", "name": "R", "fields": [{"name": "n", "type": "null"}]},
    ],
)
def test_arrays_that_could_claim_any_length_are_not_read(items: object) -> None:
    holder = {"type": "record", "name": "H", "fields": [{"name": "a", "type": ["null", items]}]}
    compile_avro(avro(holder))
    array = {"type": "array", "items": items}
    with pytest.raises(ValueError, match="items that take no bytes"):
        compile_avro(avro({"type": "map", "values": array}))
    inner = {"type": "record", "name": "Inner", "fields": [{"name": "a", "type": array}]}
    with pytest.raises(ValueError, match="items that take no bytes"):
        compile_avro(avro(["null", "Inner"], Reference("Inner", avro(inner))))


def test_a_recursive_array_has_weight() -> None:
    tree = {
        "type": "record",
        "name": "Tree",
        "fields": [{"name": "children", "type": {"type": "array", "items": "Tree"}}],
    }
    leaf: dict[str, list[object]] = {"children": []}
    assert decoded(tree, {"children": [leaf, leaf]}) == {"children": [leaf, leaf]}


def test_a_decimal_that_would_take_minutes() -> None:
    """The conversion to decimal digits is quadratic."""
    amount = {"type": "bytes", "logicalType": "decimal", "precision": 5, "scale": 2}
    result = compile_avro(avro(amount))(b"\x80\x89\x7a" + b"\1" * 1_000_000)
    assert isinstance(result, Undecodable)
    assert "at most 1000 bytes, got 1000000" in result.detail
