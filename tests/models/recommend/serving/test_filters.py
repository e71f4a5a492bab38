"""Filters: what they mean, and what they refuse."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import InvalidParameter
from models.recommend.records import ItemData
from models.recommend.serving.conditions import (
    COMPARISONS,
    AllOf,
    AnyOf,
    Compares,
    Condition,
    HasNumber,
    HasTag,
    InCategory,
    IsItem,
    KnownItem,
    Not,
)
from models.recommend.serving.filters import DEEPEST, LONGEST, Filter, quoted
from tests.models.recommend.counter import datas, items, names

anything = st.text(max_size=12)
conditions = st.recursive(
    st.one_of(
        st.builds(InCategory, anything),
        st.builds(HasTag, anything),
        st.builds(IsItem, anything),
        st.builds(HasNumber, anything),
        st.builds(
            Compares,
            anything,
            st.sampled_from(sorted(COMPARISONS)),
            st.floats(allow_nan=False, allow_infinity=False),
        ),
    ),
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(AllOf, st.lists(inner, min_size=2, max_size=3).map(tuple)),
        st.builds(AnyOf, st.lists(inner, min_size=2, max_size=3).map(tuple)),
    ),
    max_leaves=8,
)


def text_of(condition: Condition) -> str:
    match condition:
        case InCategory(value):
            return f"category:{quoted(value)}"
        case HasTag(value):
            return f"tag:{quoted(value)}"
        case IsItem(value):
            return f"item:{quoted(value)}"
        case HasNumber(value):
            return f"has:{quoted(value)}"
        case Compares(name, sign, constant):
            return f"{quoted(name)}{sign}{constant!r}"
        case Not(inner):
            return f"not ({text_of(inner)})"
        case AllOf(inner):
            return " and ".join(f"({text_of(each)})" for each in inner)
        case AnyOf(inner):
            return "\n OR ".join(f"({text_of(each)})" for each in inner)
    raise AssertionError(condition)


@given(conditions)
def test_what_is_written_is_parsed(condition: Condition) -> None:
    text = text_of(condition)
    if len(text) <= LONGEST:
        assert Filter(text).condition == condition


COMEDY = KnownItem("7", ItemData(("comedy", "sci-fi"), ("new",), {"price": 20.0, "a year": -1.5}))


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("category:comedy", True),
        ("category:Comedy", False),
        ("category:sci-fi and tag:new", True),
        ("tag:new and not category:comedy", False),
        ("not tag:old", True),
        ("not not tag:new", True),
        ("tag:old or category:drama or item:7", True),
        # `and` binds closer than `or`.
        ("item:7 or tag:new and tag:old", True),
        ("(item:7 or tag:new) and tag:old", False),
        ("price<20", False),
        ("price <= 20", True),
        ("price>=2e1 AND price > 19.5", True),
        ("price = 20 and price != 21", True),
        ('"a year" < -1', True),
        ("weight < 1", False),
        ("weight != 1", False),
        ("not weight < 1", True),
        ("has:price and not has:weight", True),
        ("NOT(tag:old)and(tag:new)", True),
        ('category:"comedy"', True),
        (r'category:"come\dy"', True),
    ],
)
def test_what_filters_mean(text: str, holds: bool) -> None:
    assert Filter(text).condition.holds(COMEDY) is holds


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "a condition such as category:comedy or price < 20, got ''"),
        ("comedy", "':' or one of < <= > >= = != after 'comedy', got ''"),
        (
            "genre:comedy",
            "about category:, tag:, item: or has: where there is a colon, got 'genre'",
        ),
        ("category:", "a value after the colon, got ''"),
        ("category:(comedy)", "a value after the colon, got '('"),
        ("tag:a tag:b", "conditions joined by and, or, got 'tag'"),
        ("tag:a and", "a condition such as category:comedy or price < 20, got ''"),
        ("(tag:a", "closed by a bracket where one was opened, got ''"),
        ("tag:a)", "conditions joined by and, or, got ')'"),
        ("price < cheap", "a comparison with a finite number, got 'cheap'"),
        ("price < inf", "a comparison with a finite number, got 'inf'"),
        ("price < nan", "a comparison with a finite number, got 'nan'"),
        ("price < < 2", "a number to compare with, got '<'"),
        ('tag:"a', "words, numbers, signs and text in closed quotes, got '\"a'"),
        ("price ! 2", "words, numbers, signs and text in closed quotes, got '! 2'"),
        ("not " * (DEEPEST + 1) + "tag:a", f"nested at most {DEEPEST} deep"),
        ("tag:" + "a" * LONGEST, f"at most 2,000 characters long, got {LONGEST + 4}"),
    ],
)
def test_what_is_no_filter_is_refused_in_a_sentence(text: str, message: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        Filter(text)
    assert str(caught.value).startswith("The 'filter' of a request must be ")
    assert message in str(caught.value)


@given(st.text(max_size=60) | st.text('()"\\:<>=! andortg', max_size=60))
def test_any_text_is_a_filter_or_is_refused(text: str) -> None:
    try:
        found = Filter(text)
    except InvalidParameter:
        return
    assert found == Filter(text)
    found.condition.holds(COMEDY)


@given(names, items, datas)
def test_values_survive_quotes(name: str, item: str, data: ItemData) -> None:
    known = KnownItem(item, data)
    assert Filter(f"category:{quoted(name)}").condition.holds(known) == (name in data.categories)
