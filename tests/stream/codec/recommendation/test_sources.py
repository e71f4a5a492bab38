"""Items and requests out of records; nothing raises."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.recommend.records import ItemData, Request
from models.recommend.serving.filters import Filter
from stream.codec.envelope import Rejected
from stream.codec.recommendation.items import Described, ItemFormat, ItemReader, Removed
from stream.codec.recommendation.requests import Asked, RequestReader
from stream.records import Record

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["numbers", "a", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)


def record(value: object, key: bytes | None = b"heat") -> Record:
    data = value if isinstance(value, bytes | None) else json.dumps(value).encode()
    return Record("t", 2, 9, 1_700_000_000_000, key, data, ())


def test_an_item_in_full() -> None:
    value = {
        "categories": ["war", "old", "war"],
        "tags": "tv",
        "numbers": {"year": 1999, "price": None, "stars": 4.5},
        "text": "Heat",
        "hidden": True,
        "vector": [1, 0.5],
    }
    assert ItemReader(ItemFormat()).read(record(value)) == Described(
        "heat",
        ItemData(("war", "old"), ("tv",), {"year": 1999.0, "stars": 4.5}, "Heat", True, (1.0, 0.5)),
        1_700_000_000.0,
    )


def test_an_item_of_which_nothing_is_said() -> None:
    assert ItemReader(ItemFormat()).read(record({})) == Described(
        "heat", ItemData(), 1_700_000_000.0
    )


def test_fields_may_be_elsewhere() -> None:
    form = ItemFormat(
        categories="genre",
        numbers={"year": "made.year", "cost": "made.cost"},
        text=("title", "plot.short"),
        timestamp="at",
    )
    value = {
        "genre": 5,
        "made": {"year": 1999},
        "title": "Heat",
        "plot": {"short": "A robbery."},
        "at": 60,
    }
    assert ItemReader(form).read(record(value)) == Described(
        "heat", ItemData(("5",), (), {"year": 1999.0}, "Heat\nA robbery."), 60.0
    )


def test_no_value_removes_the_item() -> None:
    assert ItemReader(ItemFormat()).read(record(None)) == Removed("heat")


@given(
    value=st.dictionaries(
        st.sampled_from(["categories", "tags", "numbers", "text", "hidden", "vector"]), anything
    )
    | anything
    | st.binary(max_size=9),
    key=st.none() | st.binary(max_size=3),
)
def test_any_record_is_an_item_or_a_reason(value: object, key: bytes | None) -> None:
    told = ItemReader(ItemFormat()).read(record(value, key))
    assert isinstance(told, Described | Removed | Rejected)


def test_a_request_in_full() -> None:
    value = {
        "id": "q",
        "user": "ann",
        "n": 3,
        "session": ["a", "b"],
        "filter": "category:war",
        "exclude": ["c"],
        "exclude_seen": False,
        "segment": "love",
        "time": "1970-01-01T00:01:00Z",
        "draw": 7,
        "more": "is ignored",
    }
    assert RequestReader().read(record(value, b"reply")) == Asked(
        Request("ann", 3, ("a", "b"), Filter("category:war"), ("c",), False, "love", 60.0, 7),
        "q",
        b"reply",
    )


def test_a_request_for_nobody_draws_by_its_offset() -> None:
    assert RequestReader().read(record({}, None)) == Asked(Request(draw=9), None, None)


@pytest.mark.parametrize(
    "value",
    [
        {"n": 1001},
        {"n": "5"},
        {"user": ""},
        {"session": [""]},
        {"exclude": "a"},
        {"draw": -1},
        {"time": "soon"},
        {"filter": "year >"},
        {"exclude": ["x"] * 1001},
        {"id": "\ud800"},
        {"user": "\ud800"},
        {"session": ["\ud800"]},
        {"filter": "tag:\ud800"},
    ],
)
def test_a_bad_request_is_a_reason(value: dict[str, object]) -> None:
    told = RequestReader().read(record(value))
    assert isinstance(told, Rejected)
    assert (told.reason, told.detail.endswith(".")) == ("bad_request", True)


@pytest.mark.parametrize("number", [10**400, float("inf"), float("nan"), "1", True])
def test_what_is_no_finite_number_is_a_reason(number: object) -> None:
    told = ItemReader(ItemFormat()).read(record({"numbers": {"price": number}}))
    assert isinstance(told, Rejected)
    assert told.detail.startswith("The field 'numbers.price' must be a finite number, got ")


@given(
    value=st.dictionaries(st.sampled_from(["n", "user", "time", "filter", "session"]), anything)
    | anything
)
def test_any_record_is_a_request_or_a_reason(value: object) -> None:
    assert isinstance(RequestReader().read(record(value)), Asked | Rejected)
