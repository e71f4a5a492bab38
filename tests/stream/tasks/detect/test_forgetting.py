"""Entities that are forgotten."""

from __future__ import annotations

from tests.stream.tasks.detect.flows import reading, score_of, state, tombstone


def test_a_forgotten_entity_begins_anew() -> None:
    opened = state()
    opened.load(b"a", b"7", valid_at=9)
    opened.forget(b"a")
    opened.forget(b"nobody")
    assert list(opened.entities()) == []
    (output,) = opened.process([reading(0, 1.0)]).outputs
    assert score_of(output)["observations"] == 1


def test_a_record_without_a_value_has_its_entity_forgotten() -> None:
    opened = state()
    step = opened.process(
        [reading(0, 1.0), reading(1, 1.0, "b"), reading(2, 1.0), tombstone(3, b"a")]
    )
    assert [output.offset for output in step.outputs] == [0, 1, 2]
    assert (step.changed, step.forgotten) == ({b"a": 0, b"b": 1}, {b"a": 3})
    assert (b"a" in opened, b"b" in opened) == (False, True)
    (output,) = opened.process([reading(4, 1.0)]).outputs
    assert score_of(output)["observations"] == 1


def test_an_entity_may_begin_anew_within_the_batch() -> None:
    opened = state()
    step = opened.process([reading(0, 1.0), tombstone(1, b"a"), reading(2, 1.0)])
    assert [score_of(output)["observations"] for output in step.outputs] == [1, 1]
    assert (step.changed, step.forgotten) == ({b"a": 0}, {b"a": 1})
    assert opened.dump(b"a") == b"1"


def test_who_is_unknown_cannot_be_forgotten() -> None:
    step = state().process([tombstone(0, b"nobody")])
    assert step == ([], {}, {})


def test_a_tombstone_that_a_loaded_state_holds_is_ignored() -> None:
    opened = state()
    opened.load(b"a", b"7", valid_at=3)
    assert opened.process([tombstone(2, b"a")]) == ([], {}, {})
    assert opened.dump(b"a") == b"7"


def test_having_been_forgotten_holds_earlier_records() -> None:
    opened = state()
    opened.forget(b"a", valid_at=3)
    step = opened.process([reading(offset, 1.0) for offset in range(5)])
    assert [output.offset for output in step.outputs] == [3, 4]
