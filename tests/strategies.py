"""What hypothesis draws: forests of every awkward shape, and records in which equal values abound."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from models.forest import ForestConfig

LARGEST = 1e30


@st.composite
def forest_configs(draw: st.DrawFn, max_trees: int = 3) -> ForestConfig:
    """Small forests, so that reservoirs overflow within a few records."""
    n_features, shingle_size = draw(st.sampled_from([(1, 1), (1, 3), (3, 2), (5, 1), (1, 9)]))
    return ForestConfig(
        n_features=n_features,
        shingle_size=shingle_size,
        n_trees=draw(st.integers(1, max_trees)),
        sample_size=draw(st.integers(2, 20)),
        time_decay=draw(st.sampled_from([None, 0.0, 0.5, 1.0])),
        bucket_size=draw(st.sampled_from([1, 2, 3, 11])),
    )


def values() -> st.SearchStrategy[st.SearchStrategy[float]]:
    """Ways to draw one value of a record."""
    return st.sampled_from(
        [
            st.sampled_from([0.0, 1.0, 2.0, -0.0]),
            st.just(7.0),
            st.integers(-50, 50).map(float),
            st.floats(-1e3, 1e3, width=32),
            st.floats(-LARGEST, LARGEST),
            st.floats(-1e-30, 1e-30),
            # Denormal in float32.
            st.integers(-5, 5).map(lambda i: i * 2.0**-149),
        ]
    )


@st.composite
def drawn_records(draw: st.DrawFn, n_features: int, max_size: int) -> np.ndarray:
    """Few records, each value of them hypothesis's own."""
    value = draw(values())
    rows = draw(st.lists(st.tuples(*[value] * n_features), max_size=max_size))
    return np.array(rows, np.float64).reshape(len(rows), n_features).astype(np.float32)


@st.composite
def noisy_records(draw: st.DrawFn, n_features: int, max_size: int) -> np.ndarray:
    """Many records around a cycle, rounded so that some or all are equal."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    n, scale = draw(st.integers(1, max_size)), 10.0 ** draw(st.integers(-28, 28))
    cycle = np.sin(np.arange(n)[:, None] / 3 + np.arange(n_features))
    noisy = cycle * 5 + rng.normal(size=(n, n_features))
    return (np.round(noisy, draw(st.integers(-1, 6))) * scale).astype(np.float32)


def records(n_features: int, max_size: int = 60) -> st.SearchStrategy[np.ndarray]:
    """(n, n_features) float32."""
    return st.one_of(drawn_records(n_features, max_size), noisy_records(n_features, 3 * max_size))


@dataclass(frozen=True)
class Operation:
    """What happens to the forest of `key`.

    learn, weigh, pause: it is given `records`; the first point that it learns then counts `number` times, or it learns
    none of them, and fades by `number` afterwards. fade: it has another decay from now on. unlearn: one of its points
    goes, that much of the way from the oldest to the newest. box, unbox: its boxes are kept from now on, or not.
    reload, reopen: it is saved and loaded, or closed and opened anew.
    """

    key: int
    kind: str
    records: np.ndarray
    number: float = 0.0


KINDS: dict[str, st.SearchStrategy[float | None]] = {
    "learn": st.none(),
    "pause": st.sampled_from([0.01, 0.3]),
    "weigh": st.sampled_from([0.01, 0.5, 1.0, 2.0, 1e6]),
    "fade": st.sampled_from([0.0, 0.01, 0.3, 1.0]),
    "unlearn": st.floats(0, 1),
    "box": st.none(),
    "unbox": st.none(),
    "reload": st.none(),
    "reopen": st.none(),
}
USUAL = ["learn"] * 4


@st.composite
def operations(draw: st.DrawFn, n_features: int, max_keys: int = 3) -> list[Operation]:
    """A life of an arena."""
    life = []
    for _ in range(draw(st.integers(1, 8))):
        kind = draw(st.sampled_from([*USUAL, *KINDS]))
        rows = (
            records(n_features)
            if kind in ("learn", "pause", "weigh")
            else drawn_records(n_features, 0)
        )
        life.append(
            Operation(
                key=draw(st.integers(0, max_keys - 1)),
                kind=kind,
                records=draw(rows),
                number=draw(KINDS[kind]) or 0.0,
            )
        )
    return life
