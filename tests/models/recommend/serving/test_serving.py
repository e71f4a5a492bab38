"""Answers by the rules."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import InvalidParameter
from models.recommend.records import Interaction, ItemData, Recommended, Request
from models.recommend.serving.filters import Filter
from models.recommend.serving.rules import Boost, Pin, Rules
from models.recommend.serving.serving import Serving
from tests.models.recommend.counter import LARGE, Shop, datas
from tests.models.recommend.serving.sources import Table


def nothing(rows: np.ndarray) -> np.ndarray:
    return np.zeros(len(rows), np.float32)


def shop_of(n: int, categories: int = 3, blocked: tuple[str, ...] = ()) -> Shop:
    """Items 0 to n - 1 in rows of their number; item k has category k % categories and the price k."""
    shop = Shop(LARGE, blocked)
    for k in range(n):
        shop.put(str(k), ItemData((f"c{k % categories}",), numbers={"price": float(k)}))
    return shop


def answer(
    shop: Shop, rules: Rules, request: Request, *sources: Table, likeness: object = nothing
) -> list[Recommended]:
    serving = Serving(shop.store, shop.catalogue, shop.latest, rules, seed=3)
    return serving.answer(serving.asked(request), sources, likeness)


def ids(found: list[Recommended]) -> list[str]:
    return [each.item for each in found]


FALLING = {k: 100.0 - k for k in range(50)}


def test_the_best_come_first_with_source_and_reason() -> None:
    found = answer(shop_of(50), Rules(), Request(n=3), Table(FALLING, "model", because=7))
    assert found == [
        Recommended("0", 100.0, "model", "7", None),
        Recommended("1", 99.0, "model", "7", None),
        Recommended("2", 98.0, "model", "7", None),
    ]


def test_hidden_blocked_filtered_and_excluded_items_are_left_out() -> None:
    shop = shop_of(50, blocked=("0",))
    shop.put("1", ItemData(hidden=True))
    request = Request(n=4, filter=Filter("category:c1 or price < 5"), exclude=("2", "unknown"))
    assert ids(answer(shop, Rules(), request, Table(FALLING))) == ["3", "4", "7", "10"]


@pytest.mark.parametrize(
    ("kind", "ago", "shown"),
    [
        (0, 1.0, False),
        (0, 1e9, False),
        (1, 9.0, False),
        (1, 10.0, True),
        (2, 0.0, True),
        (3, 5.0, False),
    ],
)
def test_seen_items_are_shown_again_when_their_kind_says(
    kind: int, ago: float, shown: bool
) -> None:
    shop = shop_of(5)
    shop.interact([Interaction("user", "0", kind, 1.0, 1_000.0)])
    shop.interact([Interaction("other", "1", 0, 1.0, 1_000.0 + ago)])
    rules = Rules(reshow=(inf, 10.0, 0.0))
    assert ("0" in ids(answer(shop, rules, Request("user"), Table(FALLING)))) is shown
    again = Request("user", time=2e9, exclude_seen=False)
    assert "0" in ids(answer(shop, rules, again, Table(FALLING)))


def test_what_a_user_dislikes_is_not_even_served_where_seen_items_are() -> None:
    shop = shop_of(5)
    shop.interact([Interaction("user", "0", 1, 0.0, 1.0), Interaction("user", "2", 0, 1.0, 2.0)])
    request = Request("user", exclude_seen=False)
    found = ids(answer(shop, Rules(reshow=(0.0, 0.0), dislikes=(1,)), request, Table(FALLING)))
    assert ("0" in found, "2" in found) == (False, True)
    other = Request("other", exclude_seen=False)
    assert "0" in ids(answer(shop, Rules(dislikes=(1,)), other, Table(FALLING)))


def test_the_time_of_the_request_decides() -> None:
    shop = shop_of(5)
    shop.interact([Interaction("user", "0", 0, 1.0, 1_000.0)])
    rules = Rules(reshow=(10.0,))
    assert "0" not in ids(answer(shop, rules, Request("user", time=1_009.0), Table(FALLING)))
    assert "0" in ids(answer(shop, rules, Request("user", time=1_010.0), Table(FALLING)))
    # Before it was touched, as of a late request: still seen.
    assert "0" not in ids(answer(shop, rules, Request("user", time=5.0), Table(FALLING)))


def test_the_items_of_the_session_count_as_seen() -> None:
    request = Request(None, n=2, session=("0", "unknown"))
    assert ids(answer(shop_of(5), Rules(), request, Table(FALLING))) == ["1", "2"]


def test_boosts_raise_and_lower() -> None:
    shop = shop_of(6)
    rules = Rules(
        boosts=(
            Boost(filter=Filter("category:c2"), times=2.0),
            Boost(filter=Filter("item:4"), plus=3.5),
        )
    )
    scores = {0: 3.0, 1: 2.0, 2: 1.75, 3: 0.0, 4: -1.0, 5: -4.0}
    found = answer(shop, rules, Request(n=6), Table(scores))
    assert [(each.item, each.score) for each in found] == [
        ("2", 3.5),
        ("0", 3.0),
        ("4", 2.5),
        ("1", 2.0),
        ("3", 0.0),
        ("5", -2.0),
    ]


def test_pins_stand_where_they_are_put_if_they_may_be_shown() -> None:
    shop = shop_of(20, blocked=("3",))
    rules = Rules(
        pins=(
            Pin(place=1, item="9"),
            Pin(place=3, item="0"),
            Pin(place=2, item="3"),
            Pin(place=4, item="unknown"),
            Pin(place=11, item="8"),
        )
    )
    found = answer(shop, rules, Request(n=5), Table(FALLING))
    assert ids(found) == ["9", "1", "0", "2", "4"]
    assert [each.source for each in found] == ["pinned", "table", "pinned", "table", "table"]
    assert ids(answer(shop, rules, Request(n=3, exclude=("9",)), Table(FALLING))) == ["1", "2", "0"]


def test_at_most_so_many_per_category() -> None:
    shop = shop_of(50, categories=5)
    found = answer(shop, Rules(max_per_category=2, overfetch=1), Request(n=9), Table(FALLING))
    assert ids(found) == ["0", "1", "2", "3", "4", "5", "6", "7", "8"]
    shop = shop_of(50, categories=2)
    source = Table(FALLING)
    found = answer(shop, Rules(max_per_category=2, overfetch=1), Request(n=9), source)
    assert ids(found) == ["0", "1", "2", "3"]
    assert len(source.asked) <= 4


@given(
    st.lists(datas, min_size=1, max_size=25),
    st.integers(1, 12),
    st.integers(1, 4),
    st.integers(1, 3),
)
@settings(max_examples=50)
def test_quotas_take_the_first_that_fit(
    data: list[ItemData], n: int, most: int, overfetch: int
) -> None:
    shop = Shop(LARGE)
    for k, each in enumerate(data):
        shop.put(str(k), each._replace(hidden=False))
    rules = Rules(max_per_category=most, overfetch=overfetch)
    found = ids(answer(shop, rules, Request(n=n), Table({k: -float(k) for k in range(len(data))})))
    held: dict[str, int] = {}
    expected = []
    for k, each in enumerate(data):
        if len(expected) < n and all(held.get(c, 0) < most for c in set(each.categories)):
            expected.append(str(k))
            for category in set(each.categories):
                held[category] = held.get(category, 0) + 1
    assert found == expected


def test_sources_follow_one_another_and_the_newest_items_come_last() -> None:
    shop = shop_of(8)
    found = answer(
        shop,
        Rules(),
        Request(n=6),
        Table({5: 1.0, 6: 0.5}, "first"),
        Table({6: 9.0, 2: 8.0}, "second"),
    )
    assert [(each.item, each.source) for each in found] == [
        ("5", "first"),
        ("6", "first"),
        ("2", "second"),
        ("7", "latest"),
        ("4", "latest"),
        ("3", "latest"),
    ]
    scores = [each.score for each in found]
    assert scores == sorted(scores, reverse=True)


def test_a_request_of_nobody_about_nothing_has_the_newest_items() -> None:
    assert ids(answer(shop_of(5), Rules(), Request(n=2))) == ["4", "3"]
    assert answer(Shop(LARGE), Rules(), Request(n=2)) == []


def test_a_selective_filter() -> None:
    shop, source = shop_of(50), Table(FALLING)
    found = answer(shop, Rules(), Request(n=2, filter=Filter("price >= 40")), source)
    assert ids(found) == ["40", "41"]


EXPLORING = Rules(explore=0.25, new_below=2, chance=0.5)


def explorers() -> Shop:
    """Twelve items that were touched twice, and six new ones."""
    shop = shop_of(18)
    shop.interact([Interaction(f"u{k % 2}", str(k // 2), 0, 1.0, 5.0) for k in range(24)])
    return shop


def by_row(rows: np.ndarray) -> np.ndarray:
    return (rows / 20.0).astype(np.float32)


@pytest.mark.parametrize("n", [1, 3, 8, 10])
@pytest.mark.parametrize("scored", [12, 14])
def test_frequencies_match_the_propensities_recorded(n: int, scored: int) -> None:
    shop, source, draws = explorers(), Table({k: 50.0 - k for k in range(scored)}), 4_000
    serving = Serving(shop.store, shop.catalogue, shop.latest, EXPLORING, seed=3)
    shown: dict[str, int] = {}
    said: dict[str, set[float | None]] = {}
    for draw in range(draws):
        request = Request("u9", n=n, draw=draw)
        for each in serving.answer(serving.asked(request), [source], by_row):
            shown[each.item] = shown.get(each.item, 0) + 1
            said.setdefault(each.item, set()).add(each.propensity)
    assert any(p is not None for ps in said.values() for p in ps)
    for item, times in shown.items():
        (p,) = said[item]
        expected = 1.0 if p is None else p
        assert abs(times / draws - expected) <= 5 * np.sqrt(expected * (1 - expected) / draws)
    assert abs(sum(shown.values()) - n * draws) <= 0


def test_explored_items_stand_at_the_end_of_equal_stretches() -> None:
    found = answer(explorers(), EXPLORING, Request(n=8), Table(FALLING), likeness=by_row)
    places = [place for place, each in enumerate(found) if each.source == "explore"]
    assert places == [3, 7]
    for place in places:
        assert int(found[place].item) >= 12
        assert found[place].propensity is not None
        assert found[place].score == pytest.approx(int(found[place].item) / 20.0)


def test_without_exploration_there_is_no_chance() -> None:
    found = answer(explorers(), Rules(), Request(n=8), Table(FALLING))
    assert {each.propensity for each in found} == {None}


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Rules(explore=1.5), "The 'explore' of the rules must be from 0 to 1, got 1.5."),
        (lambda: Rules(reshow=(-1.0,)), "The 'reshow' of the rules must be 0 seconds or more each"),
        (
            lambda: Rules(max_per_category=0),
            "The 'max_per_category' of the rules must be at least 1",
        ),
        (lambda: Rules(pins=(Pin(place=1, item="a"),) * 2), "of different places and items"),
        (lambda: Pin(place=0, item="a"), "The 'place' of a pin must be at least 1, got 0."),
        (lambda: Boost(filter=Filter("tag:a"), times=0.0), "a finite number above 0, got 0.0."),
        (lambda: Boost(filter=Filter("tag:a"), plus=inf), "The 'plus' of a boost must be a finite"),
    ],
)
def test_bad_rules_are_refused_in_a_sentence(make: object, message: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        make()
    assert message in str(caught.value)
