from __future__ import annotations

import json
import math
import re
from io import BytesIO
from typing import Any, get_args

import fastavro
import jsonschema
import msgspec
import pytest
from google.protobuf.descriptor_pb2 import FieldDescriptorProto
from hypothesis import given
from hypothesis import strategies as st

from stream.codec import ScoreReason, schema
from stream.codec.alert import AlertRecord
from stream.codec.formats import published
from stream.codec.formats.descriptors import file_descriptor
from stream.codec.formats.names import FORMATS, Format
from stream.codec.formats.proto_schema import NUMBERS
from stream.codec.formats.published import Published
from stream.codec.formats.rereading import PublishedView
from stream.codec.formats.shapes import shape_of
from stream.codec.formats.writing import make_encoder
from stream.codec.score import STATUSES, Attribution, Expected, ScoreRecord, Source
from stream.codec.timestamps import FIRST, LAST, to_rfc3339
from stream.registry.framing import frame
from tests.stream.codec.formats.memory import MemoryRegistry

FRAMED = [form for form in FORMATS if form != "json"]
PUBLISHED: tuple[Published, ...] = get_args(Published)

TEXT = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)
NUMBERS_ = st.floats(allow_nan=False, allow_infinity=False)
EXPECTED = st.builds(Expected, NUMBERS_, NUMBERS_, NUMBERS_)
ATTRIBUTION = st.builds(Attribution, st.floats(0, 1), st.sampled_from(["high", "low"]))
COUNT = st.integers(0, 2**63 - 1)
FIELDS: dict[str, Any] = {
    "detector": TEXT,
    "entity": TEXT,
    "time": st.integers(FIRST, LAST).map(to_rfc3339),
    "values": st.dictionaries(TEXT, st.floats(allow_infinity=False) | st.none(), min_size=1),
    "score": st.floats(0, 1e300),
    "probability": st.floats(0, 1, exclude_min=True),
    "grade": st.floats(0, 1),
    "confidence": st.floats(0, 1),
    "threshold": st.floats(0, 1e300),
    "expected": st.dictionaries(TEXT, EXPECTED, min_size=1, max_size=3),
    "attribution": st.dictionaries(TEXT, ATTRIBUTION, min_size=1, max_size=3),
    "status": st.sampled_from(STATUSES),
    "reasons": st.lists(st.sampled_from(ScoreReason), min_size=1, max_size=3).map(tuple),
    "imputed": st.lists(TEXT, max_size=3).map(tuple),
    "observations": COUNT,
    "source": st.builds(Source, TEXT, st.integers(0, 10_000), COUNT),
}
SCORES = st.builds(
    ScoreRecord,
    **{
        **FIELDS,
        "expected": FIELDS["expected"] | st.none(),
        "attribution": FIELDS["attribution"] | st.none(),
    },
)
ALERTS = st.builds(
    AlertRecord,
    **{**FIELDS, "status": st.just("anomaly")},
    id=TEXT,
    severity=st.sampled_from(["info", "warning", "critical"]),
    title=TEXT,
    summary=TEXT,
)
REGISTRY = MemoryRegistry()
ENCODERS = {
    (name, form): make_encoder(form, name, name, REGISTRY) for name in PUBLISHED for form in FORMATS
}
VIEWS = {name: PublishedView(name, REGISTRY) for name in PUBLISHED}


def check_round_trips(name: Published, record: msgspec.Struct) -> None:
    plain = msgspec.json.encode(record)
    jsonschema.validate(json.loads(plain), schema(name))
    for form in FORMATS:
        encode = ENCODERS[name, form].encode
        value = encode(record)
        assert encode(msgspec.structs.replace(record)) == value
        shown = VIEWS[name].json(value)
        assert isinstance(shown, bytes)
        assert json.loads(shown) == json.loads(plain)
        if form != "protobuf":
            assert shown == plain  # Protobuf orders its maps itself


@given(SCORES)
def test_a_score_comes_back_from_every_format(record: ScoreRecord) -> None:
    check_round_trips("score", record)


@given(ALERTS)
def test_an_alert_comes_back_from_every_format(record: AlertRecord) -> None:
    check_round_trips("alert", record)


def score(**fields: object) -> ScoreRecord:
    usual: dict[str, object] = {
        "detector": "water",
        "entity": "a",
        "time": to_rfc3339(0),
        "values": {"flow": 1.0, "pressure": math.nan},
        "score": 0.5,
        "probability": 1.0,
        "grade": 0.0,
        "confidence": 1.0,
        "threshold": 0.0,
        "expected": None,
        "attribution": None,
        "status": "normal",
        "reasons": (ScoreReason.SCORE_BELOW_THRESHOLD,),
        "imputed": (),
        "observations": 7,
        "source": Source("water", 0, 7),
    }
    return ScoreRecord(**{**usual, **fields})  # type: ignore[arg-type]  # test shorthand


def test_protobuf_bytes_do_not_depend_on_the_order_of_a_mapping() -> None:
    encode = ENCODERS["score", "protobuf"].encode
    names = [f"f{number}" for number in range(50)]
    forwards = score(values=dict.fromkeys(names, 1.0))
    backwards = score(values=dict.fromkeys(names[::-1], 1.0))
    assert encode(forwards) == encode(backwards)


@pytest.mark.parametrize("form", FRAMED)
def test_the_schema_is_registered_under_the_topic_before_the_first_record(form: Format) -> None:
    registry = MemoryRegistry()
    encoder = make_encoder(form, "score", "water.scores", registry)
    assert registry.subjects == {}
    encoder.prepare()
    assert registry.subjects == {"water.scores-value": 1}
    assert encoder.encode(score())[:5] == frame(1)
    assert registry.by_id(1) == published.registered("score", form)


def test_json_needs_no_registry() -> None:
    encoder = make_encoder("json", "score", "t")
    encoder.prepare()
    assert encoder.content_type == "application/json"
    assert msgspec.json.decode(encoder.encode(score()))["values"] == {"flow": 1.0, "pressure": None}
    with pytest.raises(ValueError, match="the format avro needs a schema registry"):
        make_encoder("avro", "score", "t")


def test_content_types_differ() -> None:
    types = [ENCODERS["score", form].content_type for form in FORMATS]
    assert len(set(types)) == len(FORMATS)


@pytest.mark.parametrize("name", PUBLISHED)
def test_other_versions_read_avro_records(name: Published) -> None:
    """A field that one version has and the other lacks takes its default."""
    current = published.avro(name)
    parsed = fastavro.parse_schema(current)
    fewer = {**current, "fields": current["fields"][1:]}
    for field in current["fields"]:
        assert "default" in field
        assert field["doc"]
    payload = BytesIO()
    fastavro.schemaless_writer(payload, fastavro.parse_schema(fewer), {})
    payload.seek(0)
    read = fastavro.schemaless_reader(payload, fewer, parsed)
    assert isinstance(read, dict)
    assert read["detector"] == ""


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_registered_json_schema_holds_for_records_and_for_nothing_more(name: Published) -> None:
    closed = json.loads(published.registered(name, "json-schema").text)
    jsonschema.Draft202012Validator.check_schema(closed)
    opened = schema(name)
    assert closed["properties"] == opened["properties"]
    assert closed["additionalProperties"] is False
    objects = [part for part in closed["$defs"].values() if part.get("type") == "object"]
    assert objects
    assert all(part["additionalProperties"] is False for part in objects)


KIND_NAMES = {
    FieldDescriptorProto.TYPE_STRING: "string",
    FieldDescriptorProto.TYPE_INT64: "int64",
    FieldDescriptorProto.TYPE_DOUBLE: "double",
    FieldDescriptorProto.TYPE_BOOL: "bool",
}


def kind_of(field: FieldDescriptorProto) -> str:
    return field.type_name.rsplit(".", 1)[-1] if field.type_name else KIND_NAMES[field.type]


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_proto_file_and_the_descriptor_say_the_same(name: Published) -> None:
    declared = re.findall(
        r"^ *((?:repeated )?\w+|map<string, \w+>) (\w+) = (\d+);$", published.protobuf(name), re.M
    )
    (root,) = file_descriptor(published.shape(name)).message_type
    entries = {inner.name: inner for inner in root.nested_type if inner.options.map_entry}
    found = []
    for message in [*(m for m in root.nested_type if m.name not in entries), root]:
        for field in message.field:
            kind = kind_of(field)
            if kind in entries:
                assert kind_of(entries[kind].field[0]) == "string"
                kind = f"map<string, {kind_of(entries[kind].field[1])}>"
            elif field.label == FieldDescriptorProto.LABEL_REPEATED:
                kind = f"repeated {kind}"
            found.append((kind, field.name, str(field.number)))
    assert declared == found


def test_numbers_of_fields_are_for_ever() -> None:
    """What stands here was published. Add to the end of each; never change what is there."""
    alone = (
        "detector entity time values score probability grade confidence threshold expected "
        "attribution status reasons imputed observations source"
    )
    frozen = {
        "ScoreRecord": alone,
        "AlertRecord": f"{alone} id severity title summary",
        "Source": "topic partition offset",
        "Expected": "value lower upper",
        "Attribution": "share direction",
    }
    for message, names in frozen.items():
        assert list(NUMBERS[message])[: len(names.split())] == names.split()


def test_every_field_has_one_number() -> None:
    for name in PUBLISHED:
        shape = published.shape(name)
        assert set(NUMBERS[shape.name]) == {field.name for field in shape.fields}
    assert all(len(set(names)) == len(names) for names in NUMBERS.values())


def test_what_some_format_could_not_hold_is_no_output() -> None:
    class WithNull(msgspec.Struct):
        number: float | None

    class WithBytes(msgspec.Struct):
        raw: bytes

    with pytest.raises(TypeError, match=r"only a mapping may be null .*, got number"):
        shape_of(WithNull)
    with pytest.raises(TypeError, match="holds text, numbers and booleans"):
        shape_of(WithBytes)
