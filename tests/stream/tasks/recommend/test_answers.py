"""What is recommended, on change and on request."""

from __future__ import annotations

from stream.codec.kinds import Kind
from stream.records import Record
from stream.tasks.protocol import WHOLE
from tests.stream.tasks.recommend.shop import (
    SOURCES,
    click,
    fake_of,
    headers_of,
    items_of,
    read,
    said,
    sequenced,
    state,
)


def asked(offset: int, value: dict[str, object], key: bytes | None = None) -> Record:
    return sequenced(offset, Kind.REQUEST, read("wishes", offset, key, value))


def test_whoever_does_something_is_told_what_follows_from_it() -> None:
    made = state("on_change: {every: null, n: 2}")
    films = [click(at, user="bob", item=f"f{at}") for at in range(4)]
    made.process(films)
    (output,) = made.process([click(4, item="f3")]).outputs
    (value,) = said([output])
    assert items_of(value) == ["f0", "f1"]
    assert value["items"][0]["because"] == "f3"
    assert {name: value[name] for name in value if name != "items"} == {
        "recommender": "shop",
        "user": "ann",
        "id": "clicks-0-4-shop",
        "time": "2024-05-01T12:00:04.000000Z",
        "trigger": "change",
        "request": None,
        "source": {"topic": "clicks", "partition": 0, "offset": 4},
    }
    assert (output.entity, output.offset) == (WHOLE, 4)
    assert (output.record.topic, output.record.key) == ("shop.recommendations", b"ann")
    assert output.record.timestamp == 1_714_564_804_000
    assert headers_of(output) == {
        "ce_specversion": "1.0",
        "ce_type": "io.cutstream.recommendation.v1",
        "ce_source": "/cutstream/recommenders/shop",
        "ce_id": "clicks-0-4-shop",
        "ce_time": "2024-05-01T12:00:04.000000Z",
        "ce_subject": "ann",
        "content-type": "application/json",
    }


def test_nobody_is_told_anything_where_that_is_off() -> None:
    assert said(state("on_change: null").process([click(at) for at in range(5)]).outputs) == []


def test_what_was_only_seen_is_no_reason_to_tell_anything() -> None:
    made = state("on_change: {every: null}")
    step = made.process([click(0, did="impression"), click(1, did="dislike"), click(2, did="buy")])
    assert [output.offset for output in step.outputs] == [1, 2]


def test_a_user_is_told_at_once_and_then_once_a_minute() -> None:
    made = state("on_change: {every: 1m}")
    times = [0.0, 1.0, 2.0, 59.0, 60.0, 61.0, 200.0, 201.0]
    step = made.process([click(at, at=time) for at, time in enumerate(times)])
    told = said(step.outputs)
    assert [value["time"][11:19] for value in told] == ["12:00:00", "12:01:00", "12:03:20"]


def test_what_has_changed_meanwhile_is_told_as_soon_as_the_minute_is_over() -> None:
    made = state("on_change: {every: 1m}")
    records = [
        click(0, user="ann", item="a", at=0),
        click(1, user="ann", item="b", at=1),
        click(2, user="bob", item="c", at=30),
        click(3, user="bob", item="d", at=31),
        click(4, user="cec", item="e", at=100),
    ]
    step = made.process(records)
    told = said(step.outputs)
    assert [(value["user"], value["source"]["offset"]) for value in told] == [
        ("ann", 0),
        ("bob", 2),
        ("ann", 4),
        ("bob", 4),
        ("cec", 4),
    ]
    ids = [value["id"] for value in told]
    assert ids[2:] == ["clicks-0-4-shop", "clicks-0-4-shop-1", "clicks-0-4-shop-2"]
    assert [headers_of(output)["ce_id"] for output in step.outputs] == ids
    assert items_of(told[2])[0] not in {"a", "b"}
    assert {value["time"] for value in told[2:]} == {"2024-05-01T12:01:40.000000Z"}


def test_a_late_record_moves_no_clock() -> None:
    made = state("on_change: {every: 1m}")
    records = [click(0, at=1000), click(1, at=0), click(2, at=61), click(3, user="bob", at=500)]
    told = said(made.process(records).outputs)
    assert [(value["user"], value["time"][11:19]) for value in told] == [
        ("ann", "12:16:40"),
        ("bob", "12:16:40"),
    ]


def test_who_is_forgotten_is_told_nothing_more() -> None:
    made = state(SOURCES + "            on_change: {every: 1m}")
    made.process([sequenced(at, Kind.INTERACTION, click(at)) for at in range(2)])
    made.process([sequenced(2, Kind.USER, read("accounts", 0, b"ann", None))])
    late = sequenced(3, Kind.INTERACTION, click(3, user="bob", at=500))
    assert [value["user"] for value in said(made.process([late]).outputs)] == ["bob"]


def test_a_request_is_answered_under_its_key_with_its_id() -> None:
    made = state(SOURCES + "            on_change: null")
    made.process(
        [sequenced(at, Kind.INTERACTION, click(at, user="bob", item=f"f{at}")) for at in range(4)]
    )
    question = {"id": "q1", "user": "ann", "n": 2, "exclude": ["f1"]}
    step = made.process([asked(4, question, b"reply-7")])
    (output,) = step.outputs
    (value,) = said(step.outputs)
    assert step.changed == {}
    assert items_of(value) == ["f0", "f2"]
    assert (value["user"], value["trigger"], value["request"]) == ("ann", "request", "q1")
    assert value["source"] == {"topic": "wishes", "partition": 3, "offset": 4}
    assert value["id"] == "wishes-3-4-shop"
    assert value["time"] == "2024-05-01T12:00:03.000000Z"
    assert (output.record.key, output.record.partition) == (b"reply-7", None)


def test_a_request_without_a_key_is_answered_under_the_user() -> None:
    made = state(SOURCES)
    named, nobody = made.process([asked(0, {"user": "ann"}), asked(1, {})]).outputs
    assert (named.record.key, named.record.partition) == (b"ann", None)
    assert (nobody.record.key, nobody.record.partition) == (None, 0)
    assert "ce_subject" not in headers_of(nobody)
    assert said([nobody])[0]["user"] is None


def test_a_request_knows_the_interaction_just_before_it() -> None:
    made = state(SOURCES + "            on_change: null")
    records = [
        sequenced(0, Kind.INTERACTION, click(0, user="bob", item="a")),
        sequenced(1, Kind.INTERACTION, click(1, user="ann", item="b")),
        asked(2, {"user": "ann"}),
        sequenced(3, Kind.INTERACTION, click(3, user="ann", item="a")),
        asked(4, {"user": "ann"}),
    ]
    first, second = said(made.process(records).outputs)
    assert (items_of(first), items_of(second)) == (["a"], [])
    assert fake_of(made).runs == [2, 1]


def test_a_request_may_ask_as_of_a_time_and_for_a_draw() -> None:
    made = state(SOURCES)
    made.process([sequenced(0, Kind.INTERACTION, click(0, item="a"))])
    plain = {"user": "bob", "draw": 5, "time": "2024-06-01T00:00:00Z"}
    again = {"user": "bob", "draw": 5}
    first, second = said(made.process([asked(1, plain), asked(2, again)]).outputs)
    assert first["time"] == "2024-06-01T00:00:00.000000Z"
    assert first["items"] == second["items"]
