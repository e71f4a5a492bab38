"""Searching among what passes a filter, while items come, go and change."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.recommend.ranking import index
from models.recommend.ranking.passing import Among
from models.recommend.records import Interaction, ItemData
from models.recommend.serving.filters import Filter
from tests import naive_recommend as naive
from tests.models.conftest import COMPILED
from tests.models.recommend.ranking.lives import Life, seeded

KINDS = ("a", "b", "c")


def put(life: Life, item: str, kind: str | None) -> None:
    row = life.store.put_item(item, 0.0)
    data = ItemData() if kind is None else ItemData(categories=(kind,), text=f"the {item}")
    life.catalogue.put(row, data)
    life.store.keep()


def same_as_sorting_all(life: Life, user: str, most: int = 10) -> None:
    asker, seen = life.asker(user, 2e9), life.seen(user)
    rows = life.alive
    score = dict(zip(rows.tolist(), life.hybrid.score(asker, rows).tolist(), strict=True))
    for kind in KINDS:
        wanted = Filter(f"category:{kind}")
        mask = life.catalogue.matching(wanted)
        among = Among(wanted, mask)
        free = [row for row in rows.tolist() if mask[row] and row not in set(seen.tolist())]
        best = naive.best(free, score.__getitem__, most)
        assert life.hybrid.best(asker, mask, seen, most, among).rows.tolist() == best
        # What is allowed may be fewer than what passes.
        fewer = mask.copy()
        fewer[best[:2]] = False
        rest = naive.best([row for row in free if fewer[row]], score.__getitem__, most)
        assert life.hybrid.best(asker, fewer, seen, most, among).rows.tolist() == rest


@settings(max_examples=40 if COMPILED else 3, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("put"), st.integers(0, 30), st.sampled_from([*KINDS, None])),
            st.tuples(st.just("remove"), st.integers(0, 30), st.none()),
            st.tuples(st.just("touch"), st.integers(0, 30), st.none()),
            st.tuples(st.just("order"), st.none(), st.none()),
            st.tuples(st.just("ask"), st.none(), st.none()),
        ),
        max_size=40,
    )
)
def test_among_what_passes(steps: list[tuple[str, int, str | None]]) -> None:
    life = Life()
    for at, (step, item, kind) in enumerate(steps):
        if step == "put":
            put(life, f"i{item}", kind)
        elif step == "remove":
            life.store.remove_item(f"i{item}")
            life.store.keep()
        elif step == "touch":
            life.learn([Interaction(f"u{at % 3}", f"i{item}", 0, 1.0, 1e9 + at)])
        elif step == "order":
            life.hybrid._arrays(life.store.items.extent, now=True)
        else:
            same_as_sorting_all(life, f"u{at % 3}", 3)
    same_as_sorting_all(life, "u1")


@pytest.mark.parametrize("many", [20, index.MANY])
def test_among_many(compiled: None, monkeypatch: pytest.MonkeyPatch, many: int) -> None:
    monkeypatch.setattr(index, "MANY", many)
    life = Life()
    for item in range(4_000):
        put(life, f"i{item}", KINDS[item % 16] if item % 16 < len(KINDS) else "other")
    life.learn(seeded(3_000, 4_000))
    for user in ("u0", "u7", "nobody"):
        same_as_sorting_all(life, user)
    rng = np.random.default_rng(1)
    for turn in range(20):
        for item in rng.integers(0, 4_500, 5).tolist():
            put(life, f"i{item}", KINDS[turn % 3])
        life.store.remove_item(f"i{rng.integers(0, 4_000)}")
        life.store.keep()
        same_as_sorting_all(life, f"u{turn}")
        life.learn(seeded(200, 4_500, seed=turn))
        same_as_sorting_all(life, f"u{turn}")


def test_few_masks_are_kept() -> None:
    life = Life()
    put(life, "i0", "a")
    asker = life.asker("nobody", 0.0)
    for number in range(100):
        wanted = Filter(f"category:a and number != {number}")
        mask = life.catalogue.matching(wanted)
        life.hybrid.best(asker, mask, np.zeros(0, np.int64), 1, Among(wanted, mask))
    assert len(life.hybrid._passing._kept) == 64
