"""An item's data as tokens with weights: words, categories, tags and numbers, hashed to 64 bits each."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from hashlib import blake2b
from math import floor, sqrt
from typing import NamedTuple

from models.recommend.content.spreads import Spreads
from models.recommend.records import ItemData

FIELD_WEIGHTS = {"text": 1.0, "category": 1.0, "tag": 0.7, "number": 0.3}
"""How much each part of an item counts, before the rarity of its tokens: each is scaled to this length on its own, so
that a long text does not drown a category."""

_WORD = re.compile(r"\w+")


class Token(NamedTuple):
    """One thing that is said of an item."""

    hash: int
    """64 bits."""
    field: str
    weight: float
    """How often or how strongly it is said, > 0."""


def tokens(data: ItemData, spreads: Spreads) -> list[Token]:
    """The item's tokens, each once."""
    return [
        *_words(data.text),
        *(
            Token(_hash("category", name), "category", 1.0)
            for name in dict.fromkeys(data.categories)
        ),
        *(Token(_hash("tag", name), "tag", 1.0) for name in dict.fromkeys(data.tags)),
        *_numbers(data, spreads),
    ]


def _words(text: str) -> Iterator[Token]:
    counts = Counter(_WORD.findall(text.lower()))
    for word, count in counts.items():
        yield Token(_hash("text", word), "text", sqrt(count))


def _numbers(data: ItemData, spreads: Spreads) -> Iterator[Token]:
    """Two neighbouring steps of half a deviation, weighted by nearness: near numbers share tokens."""
    for name, value in data.numbers.items():
        place = 2.0 * spreads.standardised(name, value)
        step = floor(place)
        for each, weight in ((step, 1.0 - (place - step)), (step + 1, place - step)):
            if weight > 0.0:
                yield Token(_hash("number", f"{name}={each}"), "number", weight)


def _hash(field: str, name: str) -> int:
    digest = blake2b(f"{field}:{name}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little")
