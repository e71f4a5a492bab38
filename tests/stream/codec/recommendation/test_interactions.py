"""Interactions out of records: the quick way and the slow say the same, and nothing raises."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models.recommend.checks import check_interactions
from models.recommend.records import Interaction
from stream.codec.envelope import Rejected
from stream.codec.json_text import decode_json
from stream.codec.recommendation.interactions import (
    IGNORED,
    InteractionFormat,
    InteractionReader,
    Meaning,
)
from stream.records import Record

TYPES: dict[str, Meaning] = {"view": 1.5, "seen": "seen", "no": "ignored"}
FORMS = [
    InteractionFormat("u", "i"),
    InteractionFormat("u", "i", "t", "v", "at"),
    InteractionFormat("u", "i", value="v", timestamp="at"),
    InteractionFormat("i", "u", "t"),
    InteractionFormat("u", "u"),
    InteractionFormat("u.x", "i"),
    InteractionFormat("u\\.x", 'i"', "\\\\"),
]

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["", "a", "view", "seen", "no", "ü", "\ud800", "x" * 1025, "2024-05-01"])
    | st.integers(1_700_000_000, 1_700_000_100)
)
values = st.recursive(scalars, lambda inner: st.lists(inner, max_size=2), max_leaves=3)
documents = st.dictionaries(
    st.sampled_from(["u", "i", "t", "v", "at", "u.x", 'i"', "\\", "more"]), values
)
sound = st.fixed_dictionaries(
    {
        "u": st.sampled_from(["a", 5, "x" * 1024]),
        "i": st.sampled_from(["b", -7, True]),
        "t": st.sampled_from(["view", "seen", "no", "other"]),
        "v": st.sampled_from([None, 0, 2.5, 1e6, -1]),
        "at": st.sampled_from([1_700_000_000, 1.5, "2024-05-01T00:00:00Z"]),
    }
)


def record(value: bytes | None, timestamp: int = 1_700_000_000_000) -> Record:
    return Record("t", 0, 0, timestamp, None, value, ())


def readers(
    form: InteractionFormat, types: dict[str, Meaning]
) -> tuple[InteractionReader, InteractionReader]:
    def slowly(value: bytes) -> object:
        return decode_json(value)

    return InteractionReader(form, types), InteractionReader(form, types, slowly)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("more", [{}, {"*": 2.0}, {"*": "ignored"}])
@given(document=documents | sound, stamp=st.sampled_from([0, -1, 10**12, 10**18]))
@example(document={"u": "a", "i": "b", "more": [[[[]]]] * 60}, stamp=5)
def test_the_quick_way_says_what_the_slow_one_says(
    form: InteractionFormat, more: dict[str, Meaning], document: dict[str, object], stamp: int
) -> None:
    types = TYPES | more
    quick, slow = readers(form, types)
    asked = record(json.dumps(document).encode(), stamp)
    told = quick.read(asked)
    assert told == slow.read(asked)
    if isinstance(told, Interaction):
        check_interactions([told], len(types))


@given(value=st.binary(max_size=30) | st.sampled_from([b"[" * 101, b'{"u":"a","i":"\xff"}']))
def test_any_bytes_are_an_interaction_or_a_reason(value: bytes) -> None:
    quick, slow = readers(FORMS[0], {"*": 1.0})
    told = quick.read(record(value))
    assert isinstance(told, Interaction | Rejected)
    assert told == slow.read(record(value))


def test_what_an_interaction_is() -> None:
    reader = InteractionReader(FORMS[1], TYPES)
    value = {"u": 7, "i": "film", "t": "view", "v": 2, "at": "2024-05-01T00:00:00.25Z"}
    told = reader.read(record(json.dumps(value).encode()))
    assert told == Interaction("7", "film", 0, 3.0, 1_714_521_600.25)
    assert reader.read(record(json.dumps(value | {"t": "no"}).encode())) is IGNORED


def test_the_kinds_are_those_that_are_learned() -> None:
    reader = InteractionReader(FORMS[1], {"no": "ignored", "a": 1.0, "b": "blocked"})
    value = {"u": "u", "i": "i", "t": "b", "at": 1}
    told = reader.read(record(json.dumps(value).encode()))
    assert isinstance(told, Interaction)
    assert (told.kind, told.weight) == (1, 0.0)
