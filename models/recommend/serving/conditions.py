"""What a filter is made of: conditions on an item, joined by and, or, not."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import reduce
from typing import Any, NamedTuple, Protocol

import numpy as np

from models.compiled import Doubles, Flags
from models.recommend.records import ItemData


class KnownItem(NamedTuple):
    """One item, as a filter sees it."""

    id: str
    data: ItemData


class Items(Protocol):
    """What a filter is evaluated on: one row per item, some of which may be free."""

    @property
    def rows(self) -> int:
        """Length of every mask and column."""

    def with_category(self, category: str) -> Flags:
        """Which rows hold an item of the category; not to be written to."""

    def with_tag(self, tag: str) -> Flags:
        """Which rows hold an item that has the tag; not to be written to."""

    def with_id(self, item: str) -> Flags:
        """Which row is the item's, if it has one; not to be written to."""

    def number(self, name: str) -> Doubles | None:
        """The number of each row, NaN where it has none; None: no item has it."""


class Condition(Protocol):
    """A node of a parsed filter."""

    def mask(self, items: Items) -> Flags:
        """Which rows fulfil it: an array that may be another's, so not to be written to."""

    def holds(self, item: KnownItem) -> bool:
        """Whether this one item fulfils it: what its row in the mask says."""


class InCategory(NamedTuple):
    """The item is of the category."""

    category: str

    def mask(self, items: Items) -> Flags:
        """Which rows fulfil it."""
        return items.with_category(self.category)

    def holds(self, item: KnownItem) -> bool:
        """Whether this one item fulfils it."""
        return self.category in item.data.categories


class HasTag(NamedTuple):
    """The item has the tag."""

    tag: str

    def mask(self, items: Items) -> Flags:
        """Which rows fulfil it."""
        return items.with_tag(self.tag)

    def holds(self, item: KnownItem) -> bool:
        """Whether this one item fulfils it."""
        return self.tag in item.data.tags


class IsItem(NamedTuple):
    """It is this very item."""

    item: str

    def mask(self, items: Items) -> Flags:
        """Which rows fulfil it."""
        return items.with_id(self.item)

    def holds(self, item: KnownItem) -> bool:
        """Whether this one item fulfils it."""
        return self.item == item.id


class HasNumber(NamedTuple):
    """The number is known of the item."""

    name: str

    def mask(self, items: Items) -> Flags:
        """Which rows fulfil it."""
        column = items.number(self.name)
        return np.zeros(items.rows, np.bool_) if column is None else ~np.isnan(column)

    def holds(self, item: KnownItem) -> bool:
        """Whether this one item fulfils it."""
        return self.name in item.data.numbers


COMPARISONS: dict[str, Callable[[Any, float], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "=": operator.eq,
    "!=": operator.ne,
}


class Compares(NamedTuple):
    """The item's number stands so to a constant. Of an item that lacks the number, nothing is true."""

    name: str
    sign: str
    constant: float

    def mask(self, items: Items) -> Flags:
        """Which rows fulfil it."""
        column = items.number(self.name)
        if column is None:
            return np.zeros(items.rows, np.bool_)
        known: Flags = ~np.isnan(column)
        return known & COMPARISONS[self.sign](column, self.constant)

    def holds(self, item: KnownItem) -> bool:
        """Whether this one item fulfils it."""
        value = item.data.numbers.get(self.name)
        return value is not None and bool(COMPARISONS[self.sign](value, self.constant))


class Not(NamedTuple):
    """The condition does not hold."""

    inner: Condition

    def mask(self, items: Items) -> Flags:
        """Which rows fulfil it."""
        return ~self.inner.mask(items)

    def holds(self, item: KnownItem) -> bool:
        """Whether this one item fulfils it."""
        return not self.inner.holds(item)


class AllOf(NamedTuple):
    """Every one of the conditions holds."""

    inner: tuple[Condition, ...]

    def mask(self, items: Items) -> Flags:
        """Which rows fulfil it."""
        return reduce(operator.and_, (each.mask(items) for each in self.inner))

    def holds(self, item: KnownItem) -> bool:
        """Whether this one item fulfils it."""
        return all(each.holds(item) for each in self.inner)


class AnyOf(NamedTuple):
    """At least one of the conditions holds."""

    inner: tuple[Condition, ...]

    def mask(self, items: Items) -> Flags:
        """Which rows fulfil it."""
        return reduce(operator.or_, (each.mask(items) for each in self.inner))

    def holds(self, item: KnownItem) -> bool:
        """Whether this one item fulfils it."""
        return any(each.holds(item) for each in self.inner)
