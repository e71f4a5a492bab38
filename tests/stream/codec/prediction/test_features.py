from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.codec import Rejected
from stream.codec.paths import compile_path
from stream.codec.prediction.features import FeatureReader

EVERYTHING = FeatureReader(None)


def refused(reader: FeatureReader, document: dict[str, Any]) -> tuple[str, str]:
    found = reader.read(document)
    assert isinstance(found, Rejected)
    return found.reason, found.detail


def test_every_scalar_is_a_feature_by_its_path() -> None:
    document = {"b": 1.5, "a": {"x.y": "red", "n": None}, "list": [1], "ok": True, "n": 3}
    assert EVERYTHING.read(document) == {"a.x\\.y": "red", "b": 1.5, "n": 3, "ok": True}


def test_what_has_another_part_is_no_feature() -> None:
    reader = FeatureReader(None, apart=("id", "meta.time"))
    assert reader.read({"id": 1, "meta": {"time": 2, "size": 3}}) == {"meta.size": 3}


def test_named_features_come_in_their_order() -> None:
    reader = FeatureReader({"size": "a.size", "colour": "colour"})
    found = reader.read({"colour": "red", "a": {"size": 2}, "more": 1})
    assert list(found) == ["size", "colour"]
    assert found == {"size": 2, "colour": "red"}


def test_missing_features_are_left_out_or_refused() -> None:
    paths = {"size": "size", "colour": "colour"}
    assert FeatureReader(paths).read({"size": float("nan"), "colour": None}) == {}
    strict = FeatureReader(paths, needs_all=True)
    assert refused(strict, {"size": 1}) == (
        "missing_feature",
        "The feature 'colour' is absent or null.",
    )


def test_categories_are_text() -> None:
    reader = FeatureReader(None, categories=("zip", "vip", "price"))
    found = reader.read({"zip": 8001, "vip": True, "price": 1.5, "size": 2})
    assert found == {"price": "1.5", "size": 2, "vip": "true", "zip": "8001"}


def test_other_formats_have_more_scalars() -> None:
    noon = datetime(2024, 5, 1, 12, tzinfo=UTC)
    found = EVERYTHING.read({"at": noon, "price": Decimal("1.5")})
    assert found == {"at": "2024-05-01T12:00:00.000000Z", "price": 1.5}


@pytest.mark.parametrize(
    ("value", "reason", "detail"),
    [
        ([1], "bad_feature", "The feature 'x' must be a number, text or a boolean, got an array."),
        ({}, "bad_feature", "The feature 'x' must be a number, text or a boolean, got an object."),
        (float("-inf"), "infinite", "The feature 'x' is infinite."),
        (10**151, "too_large", "must be within -1e150 and 1e150, got an integer of 502 bits."),
    ],
)
def test_what_is_no_feature_is_told(value: object, reason: str, detail: str) -> None:
    found = refused(FeatureReader({"x": "x"}), {"x": value})
    assert found[0] == reason
    assert found[1].endswith(detail)


def test_large_whole_numbers_are_floats() -> None:
    found = EVERYTHING.read({"a": 2**53 - 1, "b": 2**60})
    assert [type(found[name]) for name in "ab"] == [int, float]


DOCUMENTS = st.recursive(
    st.dictionaries(st.text(max_size=3), st.floats(-9, 9) | st.text(max_size=2) | st.booleans()),
    lambda inner: st.dictionaries(st.text("a.\\", max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(DOCUMENTS)
def test_a_name_is_the_path_of_its_value(document: dict[str, Any]) -> None:
    found = EVERYTHING.read(document)
    assert not isinstance(found, Rejected)
    assert list(found) == sorted(found)
    for name, value in found.items():
        # A field whose name is empty has no path.
        if all(name.split(".")) and "\\." not in name.replace("\\\\", ""):
            assert compile_path(name)(document) == value


@given(DOCUMENTS)
def test_the_order_of_fields_means_nothing(document: dict[str, Any]) -> None:
    turned = dict(reversed(document.items()))
    assert list(EVERYTHING.read(document).items()) == list(EVERYTHING.read(turned).items())
