"""The features of an event, as its document has them: numbers, and texts for categories."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from operator import itemgetter
from typing import Any

from stream.codec.decoder import LARGEST
from stream.codec.envelope import Rejected
from stream.codec.formats.values import Instant
from stream.codec.json_text import shown
from stream.codec.keys import scalar_text
from stream.codec.paths import compile_path, joined_path, split_path
from stream.codec.reasons import RejectReason

EXACT = 2**53
"""Whole numbers below it are floats without loss."""
Feature = bool | int | float | str
Features = dict[str, Feature]

_NAME = itemgetter(0)


class FeatureReader:
    """Reads the features of events.

    named: name -> field path, in the order that the models see; None: all numbers, texts and
        booleans of the document, by their paths in the order of the alphabet.
    categories: names of the features of which numbers and booleans count as text too.
    apart: field paths that are no features where `named` is None.
    needs_all: whether an event without one of the named features is refused; else it has the others.
    """

    def __init__(
        self,
        named: Mapping[str, str] | None,
        *,
        categories: Sequence[str] = (),
        apart: Sequence[str] = (),
        needs_all: bool = False,
    ) -> None:
        self._named = None
        if named is not None:
            self._named = [(name, compile_path(path)) for name, path in named.items()]
        self._categories = frozenset(categories)
        self._apart = frozenset(split_path(path) for path in apart)
        self._needs_all = needs_all

    def read(self, document: dict[str, Any]) -> Features | Rejected:
        """The features that are there, or why there are none."""
        features: Features = {}
        for name, raw in self._raw(document):
            value = self._value(name, raw)
            if isinstance(value, Rejected):
                return value
            if value is not None:
                features[name] = value
            elif self._needs_all:
                detail = f"The feature {name!r} is absent or null."
                return Rejected(RejectReason.MISSING_FEATURE, detail)
        return features

    def _raw(self, document: dict[str, Any]) -> Iterable[tuple[str, Any]]:
        if self._named is None:
            found: list[tuple[str, Any]] = []
            self._leaves(document, (), found)
            # An object's fields have no order: those of equal documents come alike.
            found.sort(key=_NAME)
            return found
        return [(name, get(document)) for name, get in self._named]

    def _leaves(
        self, node: dict[str, Any], parents: tuple[str, ...], found: list[tuple[str, Any]]
    ) -> None:
        for field, value in node.items():
            kind = type(value)
            if value is None or kind is list:
                continue
            path = (*parents, field)
            if path in self._apart:
                continue
            if kind is dict:
                self._leaves(value, path, found)
            else:
                plain = not parents and "." not in field and "\\" not in field
                found.append((field if plain else joined_path(path), value))

    def _value(self, name: str, raw: Any) -> Feature | Rejected | None:  # noqa: ANN401 - any value of a document
        # What there is most of comes first.
        if type(raw) is float and -LARGEST <= raw <= LARGEST and name not in self._categories:
            return raw
        if raw is None or isinstance(raw, str) or (isinstance(raw, float) and math.isnan(raw)):
            return raw if isinstance(raw, str) else None
        if isinstance(raw, dict | list):
            detail = f"The feature {name!r} must be a number, text or a boolean, got {shown(raw)}."
            return Rejected(RejectReason.BAD_FEATURE, detail)
        number = isinstance(raw, bool | int | float | Decimal) and not isinstance(raw, Instant)
        if name in self._categories or not number:
            return scalar_text(raw)
        return raw if isinstance(raw, bool) else _number(name, raw)


def _number(name: str, raw: float | Decimal) -> Feature | Rejected:
    if type(raw) is int and abs(raw) < EXACT:
        return raw
    if -LARGEST <= raw <= LARGEST:
        return float(raw)
    if isinstance(raw, float) and math.isinf(raw):
        return Rejected(RejectReason.INFINITE, f"The feature {name!r} is infinite.")
    detail = f"The feature {name!r} must be within -1e150 and 1e150, got {shown(raw)}."
    return Rejected(RejectReason.TOO_LARGE, detail)
