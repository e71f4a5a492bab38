"""What interactions, items and users do."""

from __future__ import annotations

import pytest

from stream.codec.kinds import Kind
from stream.records import TopicPartition
from stream.tasks.protocol import WHOLE, ModelError, SharedState, Task
from stream.transports.protocol import TopicSpec
from tests.stream.tasks.recommend.shop import (
    SOURCES,
    click,
    fake_of,
    headers_of,
    opened,
    read,
    record,
    said,
    sequenced,
    state,
    task,
)


def test_the_contract_is_kept() -> None:
    as_task: Task = task()
    as_state = as_task.open(TopicPartition("clicks", 0))
    assert isinstance(as_state, SharedState)
    assert list(as_state.entities()) == [WHOLE]
    assert WHOLE in as_state
    assert as_task.name == "shop"
    assert as_task.inputs == ("clicks",)
    assert as_task.snapshot_topic == "cutstream.shop.snapshots"
    assert as_task.topics == (
        TopicSpec("clicks", 1),
        TopicSpec("shop.recommendations", 1),
        TopicSpec("shop.metrics", 1),
        TopicSpec("shop.dlq", 1),
        TopicSpec("cutstream.shop.snapshots", 1, compact=True),
    )
    with pytest.raises(ValueError, match="must be 'clicks', got 'other'"):
        as_task.open(TopicPartition("other", 0))


def test_with_other_sources_it_reads_the_internal_topic() -> None:
    made = task(SOURCES, "partitions: 4")
    assert made.inputs == ("cutstream.shop.sequenced",)
    assert [spec.name for spec in made.topics] == [
        "cutstream.shop.sequenced",
        "shop.recommendations",
        "shop.metrics",
        "shop.dlq",
        "cutstream.shop.snapshots",
    ]
    assert {spec.name: spec.partitions for spec in made.topics} == {
        "cutstream.shop.sequenced": 1,
        "shop.recommendations": 1,
        "shop.metrics": 1,
        "shop.dlq": 4,
        "cutstream.shop.snapshots": 1,
    }


def test_interactions_are_learned_in_one_go() -> None:
    made = state("on_change: null")
    step = made.process([click(offset, item=f"f{offset}") for offset in range(5)])
    assert fake_of(made).runs == [5]
    assert fake_of(made).seen == {"ann": ["f0", "f1", "f2", "f3", "f4"]}
    assert step.changed == {WHOLE: 0}
    assert step.outputs == []


@pytest.mark.parametrize(
    ("did", "weight"), [("view", 1.0), ("buy", 5.0), ("impression", 0.0), ("dislike", 0.0)]
)
def test_a_type_has_its_weight(did: str, weight: float) -> None:
    made = state("on_change: null")
    made.process([click(0, did=did)])
    assert fake_of(made).weights == {"film": weight}


def test_a_value_multiplies_the_weight() -> None:
    made = state("on_change: null")
    made.process([record(0, {"who": 7, "what": True, "did": "buy", "at": 5, "stars": 0.5})])
    assert fake_of(made).weights == {"true": 2.5}
    assert list(fake_of(made).seen) == ["7"]


def test_an_ignored_type_is_no_interaction_and_no_fault() -> None:
    made = state()
    step = made.process([click(0, did="debug")])
    assert (step.outputs, step.changed, fake_of(made).runs) == ([], {}, [])
    assert made.entity_of(click(0, did="debug")) is None


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"{", "undecodable"),
        (b"[]", "not_an_object"),
        ({"what": "f", "did": "view", "at": 1}, "missing_key"),
        ({"who": "", "what": "f", "did": "view", "at": 1}, "missing_key"),
        ({"who": "u", "what": [], "did": "view", "at": 1}, "missing_id"),
        ({"who": "u", "what": "f", "did": "view"}, "missing_timestamp"),
        ({"who": "u", "what": "f", "did": "view", "at": "noon"}, "bad_timestamp"),
        ({"who": "u", "what": "f", "did": "stroke", "at": 1}, "unknown_type"),
        ({"who": "u", "what": "f", "at": 1}, "unknown_type"),
        ({"who": "u", "what": "f", "did": "view", "at": 1, "stars": -1}, "bad_value"),
        ({"who": "u", "what": "f", "did": "view", "at": 1, "stars": "5"}, "bad_value"),
        ({"who": "u", "what": "f", "did": "buy", "at": 1, "stars": 200_001}, "bad_value"),
        ({"who": "u" * 1025, "what": "f", "did": "buy", "at": 1}, "long_id"),
        ({"who": "u", "what": "f" * 1025, "did": "buy", "at": 1}, "long_id"),
        (None, "null_value"),
    ],
)
def test_what_cannot_be_used_is_a_dead_letter(value: bytes | None, reason: str) -> None:
    made = state("on_change: null")
    step = made.process([click(0), record(1, value), click(2)])
    (letter,) = step.outputs
    assert (letter.entity, letter.offset, letter.record.topic) == (None, 1, "shop.dlq")
    assert headers_of(letter)["cutstream.error.reason"] == reason
    assert headers_of(letter)["ce_source"] == "/cutstream/recommenders/shop"
    assert fake_of(made).runs == [2]
    assert made.entity_of(record(1, value)) is None
    assert made.observed().dead_letters == {reason: 1}


def test_a_record_on_which_the_models_fail_can_be_refused() -> None:
    made = state("on_change: null")
    with pytest.raises(RuntimeError):
        made.process([click(0, item="bad")])
    letter = made.refuse(click(0, item="bad"), ModelError("RuntimeError: bad", "line 1"))
    assert letter.entity is None
    assert headers_of(letter)["cutstream.error.reason"] == "model_error"


def test_items_and_their_removal() -> None:
    made = state(SOURCES + "            on_change: null")
    film = {"categories": ["war", "old"], "tags": "tv", "numbers": {"year": 1999}, "at": 9}
    step = made.process(
        [
            sequenced(0, Kind.ITEM, read("films", 0, b"heat", film)),
            sequenced(1, Kind.ITEM, read("films", 1, b"alien", film)),
            sequenced(2, Kind.ITEM, read("films", 2, b"heat", None)),
        ]
    )
    assert (step.outputs, step.changed) == ([], {WHOLE: 0})
    assert fake_of(made).data == {"alien": ["war", "old"]}


@pytest.mark.parametrize(
    ("kind", "original", "reason"),
    [
        (Kind.ITEM, read("films", 0, None, {}), "missing_id"),
        (Kind.ITEM, read("films", 0, b"\xff", {}), "missing_id"),
        (Kind.ITEM, read("films", 0, b"heat", {"categories": [[]], "at": 1}), "bad_item"),
        (Kind.ITEM, read("films", 0, b"heat", {"numbers": {"a": "b"}, "at": 1}), "bad_item"),
        (Kind.ITEM, read("films", 0, b"heat", {"numbers": 5, "at": 1}), "bad_item"),
        (Kind.ITEM, read("films", 0, b"heat", {"hidden": 1, "at": 1}), "bad_item"),
        (Kind.ITEM, read("films", 0, b"heat", {"text": "x" * 101, "at": 1}), "bad_item"),
        (Kind.ITEM, read("films", 0, b"heat", {"vector": [1, None], "at": 1}), "bad_item"),
        (Kind.ITEM, read("films", 0, b"heat", {}), "missing_timestamp"),
        (Kind.USER, read("accounts", 0, None, None), "null_value"),
        (Kind.USER, read("accounts", 0, b"\xff", None), "missing_key"),
        (Kind.REQUEST, read("wishes", 0, None, {"n": 0}), "bad_request"),
        (Kind.REQUEST, read("wishes", 0, None, {"filter": "("}), "bad_request"),
        (Kind.REQUEST, read("wishes", 0, None, {"segment": "refused"}), "bad_request"),
        (Kind.REQUEST, read("wishes", 0, None, {"time": "soon"}), "bad_request"),
        (Kind.LABEL, read("wishes", 0, None, {}), "wrong_kind"),
        ("nonsense", read("wishes", 0, None, {}), "wrong_kind"),
    ],
)
def test_a_bad_record_of_a_source_is_a_dead_letter_of_it(
    kind: Kind | str, original: object, reason: str
) -> None:
    made = state(SOURCES)
    (letter,) = made.process([sequenced(9, kind, original)]).outputs  # type: ignore[arg-type]  # a record
    told = headers_of(letter)
    assert (letter.entity, letter.offset) == (None, 9)
    assert told["cutstream.error.reason"] == reason
    assert (letter.record.partition, told["cutstream.error.partition"]) == (3, "3")
    assert told["cutstream.error.topic"] in {"films", "accounts", "wishes"}


def test_a_user_is_forgotten_with_a_tombstone_in_the_output() -> None:
    made = state(SOURCES)
    gone = sequenced(2, Kind.USER, read("accounts", 8, b"ann", None))
    first = sequenced(0, Kind.INTERACTION, click(0))
    second = sequenced(1, Kind.INTERACTION, click(1, user="bob"))
    step = made.process([first, second, gone])
    assert list(fake_of(made).seen) == ["bob"]
    tombstone = step.outputs[-1]
    assert (tombstone.entity, tombstone.offset) == (WHOLE, 2)
    assert tombstone.record.topic == "shop.recommendations"
    assert (tombstone.record.key, tombstone.record.value) == (b"ann", None)
    assert headers_of(tombstone)["ce_id"] == "accounts-3-8-shop"
    assert headers_of(tombstone)["ce_subject"] == "ann"


def test_a_user_record_that_says_something_is_none_of_our_business() -> None:
    made = state(SOURCES)
    step = made.process([sequenced(0, Kind.USER, read("accounts", 0, b"ann", {"age": 5}))])
    assert (step.outputs, step.changed) == ([], {})


def test_an_interaction_without_a_value_forgets_the_user_of_its_key() -> None:
    made = state("on_change: null")
    step = made.process([click(0), record(1, None, b"ann")])
    assert fake_of(made).seen == {}
    assert [output.record.key for output in step.outputs] == [b"ann"]


def test_the_metrics_come_every_so_many_interactions() -> None:
    made = state("on_change: null")
    step = made.process([click(offset) for offset in range(15)])
    told = said(step.outputs, "shop.metrics")
    assert [value["interactions"] for value in told] == [7, 14]
    assert [output.offset for output in step.outputs] == [6, 13]
    assert told[0]["source"] == {"topic": "clicks", "partition": 0, "offset": 6}
    assert told[0]["time"] == "2024-05-01T12:00:06.000000Z"
    assert headers_of(step.outputs[0])["ce_id"] == "clicks-0-6-shop-recommendation-metrics"
    assert step.outputs[0].record.key == b"shop"
    assert fake_of(made).runs == [7, 7, 1]


def test_what_is_counted() -> None:
    made = state("on_change: {every: null}")
    made.process([click(offset) for offset in range(8)])
    observed = made.observed()
    assert {metric.name: count for metric, count in observed.counts.items()} == {
        "cutstream_interactions_learned_total": 8,
        "cutstream_recommendations_made_total": 8,
        "cutstream_recommender_evicted_total": 8,
    }
    levels = {metric.name: level for metric, level in observed.levels.items()}
    assert (levels["cutstream_recommender_users"], levels["cutstream_recommender_items"]) == (1, 1)
    assert not any(made.observed().counts.values())


def test_settings_reach_the_models() -> None:
    made = task("rules: {show_again: {buy: 30d}, pins: {film: 2}, blocked: [trash]}")
    config = fake_of(opened(made)).config
    assert config.kinds == ("view", "buy", "impression", "dislike")
    assert config.rules.reshow == (float("inf"), 30 * 86_400, float("inf"), float("inf"))
    assert config.rules.dislikes == (3,)
    assert config.rules.blocked == ("trash",)
