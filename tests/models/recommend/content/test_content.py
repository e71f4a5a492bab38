"""Content: vectors of items, profiles of users."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.recommend.content.projection import DIMENSIONS, foreign, project, unit
from models.recommend.content.rarity import SLOTS, Rarity
from models.recommend.content.spreads import Spreads
from models.recommend.content.tokens import Token, tokens
from models.recommend.content.vectors import Vectoriser
from models.recommend.records import Interaction, ItemData
from tests.models.recommend.counter import LARGE, Shop, datas, lives

SPACE = ItemData(("science fiction",), ("space",), {}, "a ship between the stars")
ALSO_SPACE = ItemData(("science fiction",), ("space",), {}, "stars and a war")
LOVE = ItemData(("romance",), ("wedding",), {}, "two people in the rain")


def vectoriser() -> Vectoriser:
    return Vectoriser(Rarity(np.zeros(SLOTS + 1, np.int32)), Spreads(np.zeros((512, 3))), seed=42)


def test_items_that_share_words_and_categories_are_alike() -> None:
    make = vectoriser()
    space, also, love = (make.replace(ItemData(), each) for each in (SPACE, ALSO_SPACE, LOVE))
    assert space @ also > 0.5
    assert abs(space @ love) < 0.4
    assert np.allclose([space @ space, also @ also, love @ love], 1.0)


def test_near_numbers_are_more_alike_than_far_ones() -> None:
    make, data = (
        vectoriser(),
        [ItemData(numbers={"year": float(year)}) for year in range(1950, 2020)],
    )
    for each in data:
        make.replace(ItemData(), each)
    old, near, far = (make.replace(ItemData(), data[k]) for k in (30, 34, 65))
    assert old @ near > 0.5 > old @ far


def test_numbers_of_any_size_are_taken() -> None:
    make = vectoriser()
    for k, value in enumerate((1e308, -1e308, 1e-308, 0.0, 5.0, 1e308, -1e308)):
        vector = make.replace(ItemData(), ItemData(text=str(k), numbers={"size": value}))
        assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5)


def test_words_that_all_items_have_count_less() -> None:
    make = vectoriser()
    for k in range(200):
        make.replace(ItemData(), ItemData(text=f"film {k}"))
    film = make.replace(ItemData(), ItemData(text="film rocket"))
    rocket = make.replace(ItemData(), ItemData(text="rocket moon"))
    other = make.replace(ItemData(), ItemData(text="film wedding"))
    assert film @ rocket > 0.5 > film @ other + 0.2


@given(st.lists(datas, min_size=1, max_size=12))
def test_an_item_that_goes_is_taken_out_of_the_frequencies(all_data: list[ItemData]) -> None:
    make = vectoriser()
    for data in all_data:
        make.replace(ItemData(), data)
    for data in all_data:
        make.replace(data, ItemData())
    assert not make.rarity.table.any()


@given(datas)
def test_vectors_are_of_length_one_or_none(data: ItemData) -> None:
    vector = vectoriser().replace(ItemData(), data)
    said = bool(data.vector or tokens(data, Spreads(np.zeros((512, 3)))))
    assert np.linalg.norm(vector) == pytest.approx(1.0 if said else 0.0, abs=1e-6)


@given(
    st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=30),
    st.integers(0, 2**63 - 1),
)
def test_the_projection_is_a_sum_of_signs(hashes: list[int], seed: int) -> None:
    weights = np.arange(1.0, len(hashes) + 1.0)
    expected = np.zeros(DIMENSIONS)
    for word, weight in zip(hashes, weights, strict=True):
        z = (word + (seed + 1) * 0x9E3779B97F4A7C15) % 2**64
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB % 2**64
        z ^= z >> 31
        expected += [weight * (1 - 2 * (z >> bit & 1)) for bit in range(DIMENSIONS)]
    assert np.array_equal(project(hashes, weights, seed), expected.astype(np.float32))


def test_the_projection_keeps_cosines() -> None:
    random = np.random.default_rng(5)
    errors = []
    for _ in range(200):
        a, b = random.normal(size=(2, 300))
        b = b + random.uniform(0, 2) * a
        cosine = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
        errors.append(foreign(tuple(a), 1) @ foreign(tuple(b), 1) - cosine)
    assert np.sqrt(np.mean(np.square(errors))) < 0.15


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=80))
def test_any_vector_of_an_item_is_taken(own: list[float]) -> None:
    length = np.linalg.norm(foreign(tuple(own), 3))
    assert length == pytest.approx(1.0, abs=1e-5) or length == 0.0


def test_a_vector_of_64_numbers_is_taken_as_it_is() -> None:
    own = np.arange(64.0)
    assert np.array_equal(foreign(tuple(own), 3), unit(own))


def test_a_profile_is_the_decayed_sum_of_what_was_touched() -> None:
    shop = Shop(LARGE)
    rows = [
        shop.put(item, data) for item, data in (("a", SPACE), ("b", LOVE), ("none", ItemData()))
    ]
    touched = [("a", 1.0), ("b", 2.0), ("none", 1.0), ("a", 0.0), ("a", 0.5)]
    shop.interact([Interaction("user", item, 0, weight, 1.0) for item, weight in touched])
    space, love, _ = shop.content.vectors[rows]
    assert shop.content.profiles[0] == pytest.approx(
        0.81 * space + 0.9 * 2 * love + 0.5 * space, abs=1e-6
    )
    nobody = np.array([], np.int64)
    assert np.array_equal(shop.content.profile(0, nobody), shop.content.profiles[0])
    assert np.array_equal(shop.content.profile(-1, nobody), np.zeros(64))
    session = shop.content.profile(-1, np.array([rows[0], rows[2], rows[1]]))
    assert session == pytest.approx(0.9 * space + love)


def test_what_nobody_touched_yet_is_found_by_what_it_is_like() -> None:
    shop = Shop(LARGE)
    shop.put("seen", SPACE)
    shop.interact([Interaction("user", "seen", 0, 1.0, 1.0)])
    rows = np.array([shop.put("like", ALSO_SPACE), shop.put("other", LOVE), shop.put("none")])
    like, other, none = shop.content.scores(shop.content.profiles[0], rows)
    assert like > 0.5 > other
    assert none == 0.0
    assert shop.content.scores(np.zeros(64, np.float32), rows).tolist() == [0.0, 0.0, 0.0]


def test_scores_are_cosines() -> None:
    random = np.random.default_rng(2)
    shop = Shop(LARGE)
    for k in range(9):
        shop.put(str(k), ItemData(vector=tuple(random.normal(size=64).tolist())))
    profile = random.normal(size=64).astype(np.float32)
    rows = np.array([3, 1, 8])
    expected = shop.content.vectors[rows] @ profile / np.linalg.norm(profile)
    assert shop.content.scores(profile, rows) == pytest.approx(expected, abs=1e-6)


@given(lives, st.integers(0, 60))
@settings(max_examples=40)
def test_a_restored_one_goes_on_alike(life: list[tuple[object, ...]], cut: int) -> None:
    straight, before = Shop(), Shop()
    for operation in life:
        straight.apply(operation)
    for operation in life[:cut]:
        before.apply(operation)
    after = Shop().load(before.pieces())
    for operation in life[cut:]:
        after.apply(operation)
    for name in ("vectors", "profiles"):
        ours, theirs = getattr(after.content, name), getattr(straight.content, name)
        rows = min(len(ours), len(theirs))
        assert np.array_equal(ours[:rows], theirs[:rows])
        assert not ours[rows:].any()
        assert not theirs[rows:].any()


def test_tokens_of_one_word_in_two_fields_differ() -> None:
    spreads = Spreads(np.zeros((512, 3)))
    data = ItemData(("space",), ("space",), {}, "Space SPACE")
    found = tokens(data, spreads)
    assert len({token.hash for token in found}) == 3
    assert [token.field for token in found] == ["text", "category", "tag"]
    assert found[0] == Token(found[0].hash, "text", 2**0.5)
