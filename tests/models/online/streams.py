"""Small seeded streams of events with their labels."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

Stream = Iterator[tuple[dict[str, Any], Any]]


def binary(n: int, seed: int = 1) -> Stream:
    """Two classes that a line separates."""
    rng = random.Random(seed)
    for _ in range(n):
        x = {"a": rng.gauss(0.0, 1.0), "b": rng.gauss(0.0, 1.0)}
        yield x, x["a"] + 0.3 * x["b"] > 0.0


def turning(n: int, seed: int = 1) -> Stream:
    """Two classes that change places half way; a feature is missing now and then."""
    for i, (x, y) in enumerate(binary(n, seed)):
        yield {**x, "b": None if i % 7 == 0 else x["b"]}, y == (i < n // 2)


def rare(n: int, seed: int = 1) -> Stream:
    """Two classes, of which one is a fiftieth of the events."""
    rng = random.Random(seed)
    for _ in range(n):
        y = rng.random() < 0.02
        yield {"a": rng.gauss(1.5 if y else 0.0, 1.0), "b": rng.gauss(0.0, 1.0)}, y


def several(n: int, seed: int = 1) -> Stream:
    """Three classes, the third of which appears half way."""
    rng = random.Random(seed)
    names = ("red", "green", "blue")
    for i in range(n):
        k = rng.randrange(2 if i < n // 2 else 3)
        yield {"a": rng.gauss(4.0 * k, 1.0), "b": rng.gauss(-k, 1.0)}, names[k]


def values(n: int, seed: int = 1) -> Stream:
    """A number that follows from two others, with noise."""
    rng = random.Random(seed)
    for _ in range(n):
        x = {"a": rng.gauss(0.0, 1.0), "b": rng.gauss(0.0, 1.0)}
        yield x, 3.0 * x["a"] - x["b"] + 5.0 + rng.gauss(0.0, 0.1)
