from __future__ import annotations

from decimal import Decimal

import pytest

from stream.codec import Rejected
from stream.codec.prediction.labels import label_reader

ANY, NUMBERS = label_reader("classification"), label_reader("regression")


@pytest.mark.parametrize(
    ("raw", "label"), [(True, True), ("spam", "spam"), (3, 3), (3.0, 3), (Decimal("2.5"), "2.5")]
)
def test_a_class(raw: object, label: object) -> None:
    found = ANY(raw)
    assert (type(found), found) == (type(label), label)


@pytest.mark.parametrize("raw", [0.5, [], {}, "", 2**70, float("nan")])
def test_no_class(raw: object) -> None:
    found = ANY(raw)
    assert isinstance(found, Rejected)
    assert found.detail.startswith("The label must be text, a whole number or a boolean, got ")


def test_only_configured_classes() -> None:
    read = label_reader("classification", ["ham", "spam", 1])
    assert [read("spam"), read(1), read(1.0)] == ["spam", 1, 1]
    for raw in ("eggs", True):
        found = read(raw)
        assert isinstance(found, Rejected)
        assert found.detail.startswith('The label must be one of "ham", "spam", 1, got ')


def test_a_number() -> None:
    assert [NUMBERS(2), NUMBERS(2.5), NUMBERS(Decimal("0.5"))] == [2.0, 2.5, 0.5]


@pytest.mark.parametrize("raw", [True, "1", 1e151, float("inf"), float("nan"), None])
def test_no_number(raw: object) -> None:
    assert isinstance(NUMBERS(raw), Rejected)
