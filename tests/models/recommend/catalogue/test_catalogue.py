"""The catalogue: masks that are always what a look at every item would say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import CorruptState, InvalidParameter
from models.recommend.catalogue import latest as latest_module
from models.recommend.catalogue.checks import MOST_NUMBERS, MOST_VALUES, check
from models.recommend.catalogue.codec import decode, encode
from models.recommend.catalogue.latest import Latest
from models.recommend.records import ItemData
from models.recommend.serving.filters import Filter
from models.recommend.store.store import Store
from tests.models.recommend.counter import LARGE, LIMITS, Shop, datas, lives

FILTERS = [
    Filter(text)
    for text in (
        "category:red",
        'not category:"deep blue"',
        "tag:green or red > 0",
        "has:blue and not (blue <= 1 or green != 2)",
        "item:item-3 or category:green and tag:red",
        "colour = 1",
    )
]


def check_masks(shop: Shop, model: dict[str, ItemData]) -> None:
    """The slow, obvious way to every mask."""
    catalogue, rows = shop.catalogue, shop.store.items
    servable = {
        rows.row(item) for item, data in model.items() if not data.hidden and item != "item-5"
    }
    assert set(np.flatnonzero(catalogue.servable()).tolist()) == servable
    assert catalogue.matching(None) is catalogue.servable()
    for wanted in FILTERS:
        passing = {rows.row(item) for item in model if catalogue.passes(rows.row(item), wanted)}
        assert set(np.flatnonzero(catalogue.matching(wanted)).tolist()) == passing & servable
    for item, data in model.items():
        assert catalogue.data(rows.row(item)) == data


@given(lives, st.integers(1, 8))
@settings(max_examples=60)
def test_masks_say_what_a_look_at_every_item_says(
    life: list[tuple[object, ...]], every: int
) -> None:
    shop, model = Shop(LARGE, blocked=("item-5",)), dict[str, ItemData]()
    for number, operation in enumerate(life):
        verb, *arguments = operation
        shop.apply(operation)
        if verb == "put":
            model[arguments[0]] = arguments[1]
        elif verb == "interact":
            model.setdefault(arguments[1], ItemData())
        elif verb == "remove_item":
            model.pop(arguments[0], None)
        if number % every == 0:
            check_masks(shop, model)
    check_masks(shop, model)
    check_masks(Shop(LARGE, blocked=("item-5",)).load(shop.pieces()), model)


def test_masks_grow_with_the_rows() -> None:
    shop = Shop(LARGE)
    for number in range(3_000):
        data = ItemData(("odd",) if number % 2 else (), numbers={"number": float(number)})
        shop.put(f"item-{number}", data)
        if number % 500 == 0:
            assert np.count_nonzero(shop.catalogue.matching(Filter("category:odd"))) == (
                (number + 1) // 2
            )
    mask = shop.catalogue.matching(Filter("category:odd and number >= 2000"))
    assert len(mask) == shop.catalogue.rows == 4_096
    assert np.flatnonzero(mask).tolist() == list(range(2_001, 3_000, 2))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            ItemData(categories=("a",) * (MOST_VALUES + 1)),
            "The 'categories' of an item must be at most 64, got 65.",
        ),
        (
            ItemData(tags=("",)),
            "The 'tags' of an item must be names of 1 to 256 characters, got ''.",
        ),
        (
            ItemData(numbers={"p": float("nan")}),
            "The 'numbers' of an item must be finite, got nan.",
        ),
        (ItemData(vector=(float("inf"),)), "The 'vector' of an item must be finite, got inf."),
        (ItemData(vector=(0.0,) * 5_000), "The 'vector' of an item must be at most 4,096 numbers"),
        (ItemData(text="a" * 20_001), "The 'text' of an item must be at most 20,000 characters"),
        (ItemData(text="\ud800"), "The 'text' of an item must be Unicode"),
        (ItemData(tags=("\ud800",)), "The 'tags' of an item must be names in Unicode"),
    ],
)
def test_what_is_no_data_is_refused_in_a_sentence(data: ItemData, message: str) -> None:
    with pytest.raises(InvalidParameter) as caught:
        check(data)
    assert message in str(caught.value)


def test_a_refused_item_changes_nothing() -> None:
    shop = Shop(LARGE)
    for number in range(MOST_NUMBERS // 64):
        shop.put(f"item-{number}", ItemData(numbers={f"{number}-{k}": 1.0 for k in range(64)}))
    row = shop.put("item", ItemData(("kept",)))
    with pytest.raises(InvalidParameter, match="at most 256 different ones"):
        shop.catalogue.put(row, ItemData(numbers={"one more": 1.0}))
    assert shop.catalogue.data(row) == ItemData(("kept",))
    assert shop.catalogue.matching(Filter("category:kept"))[row]
    shop.store.remove_item("item-0")
    shop.catalogue.put(row, ItemData(numbers={"one more": 1.0}))


@given(datas)
def test_data_survives_being_text(data: ItemData) -> None:
    assert decode(encode(data)) == data


def test_damaged_data_is_called_so() -> None:
    with pytest.raises(CorruptState, match="six parts"):
        decode("[1]")


@given(lives)
def test_the_latest_items_are_known_newest_first(life: list[tuple[object, ...]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(latest_module, "MOST", 4)
        shop, came = Shop(LIMITS._replace(max_items=1_000)), list[str | None]()
        for operation in life:
            verb, *arguments = operation
            shop.apply(operation)
            item = {"put": 0, "interact": 1}.get(verb)
            if item is not None and arguments[item] not in came:
                came.append(arguments[item])
            elif verb == "remove_item" and arguments[0] in came:
                came[came.index(arguments[0])] = None
        expected = [item for item in reversed(came[-4:]) if item is not None]
        for reader in (shop, Shop(LIMITS._replace(max_items=1_000)).load(shop.pieces())):
            ids = reader.store.items
            assert [ids.id(row) for row in reader.latest.rows().tolist()] == expected


def test_no_items_no_latest() -> None:
    assert Latest(Store(LIMITS)).rows().tolist() == []
