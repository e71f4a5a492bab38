"""What an item's data must be: it comes from outside, and every part of it takes memory."""

from __future__ import annotations

import math

from models.errors import InvalidParameter
from models.recommend.checks import is_unicode
from models.recommend.records import ItemData

MOST_VALUES = 64
"""Categories, tags and numbers of one item, of each kind."""
MOST_NUMBERS = 256
"""Different names of numbers in a catalogue: each is a column over all items."""
LONGEST_NAME = 256
LONGEST_TEXT = 20_000
LONGEST_VECTOR = 4_096


def check(data: ItemData) -> None:
    """Raises InvalidParameter where a part is too long, too many, not Unicode or not a finite number."""
    for field, names in (
        ("categories", data.categories),
        ("tags", data.tags),
        ("numbers", tuple(data.numbers)),
    ):
        if len(names) > MOST_VALUES:
            _refuse(field, f"at most {MOST_VALUES}", len(names))
        for name in names:
            if not 1 <= len(name) <= LONGEST_NAME:
                _refuse(field, f"names of 1 to {LONGEST_NAME} characters", name[:LONGEST_NAME])
            if not is_unicode(name):
                _refuse(field, "names in Unicode", name)
    if len(data.text) > LONGEST_TEXT:
        _refuse("text", f"at most {LONGEST_TEXT:,} characters long", len(data.text))
    if not is_unicode(data.text):
        _refuse("text", "Unicode", data.text[:LONGEST_NAME])
    if len(data.vector) > LONGEST_VECTOR:
        _refuse("vector", f"at most {LONGEST_VECTOR:,} numbers", len(data.vector))
    for field, values in (("numbers", tuple(data.numbers.values())), ("vector", data.vector)):
        for value in values:
            if not math.isfinite(value):
                _refuse(field, "finite", value)


def _refuse(field: str, rule: str, got: object) -> None:
    raise InvalidParameter(field, "an item", rule, got)
