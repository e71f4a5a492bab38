"""The catalogue: the data of all items, with masks of those that fulfil a filter."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable

import numpy as np

from models.compiled import Doubles, Flags, Ints
from models.errors import InvalidParameter
from models.recommend.catalogue.checks import MOST_NUMBERS, check
from models.recommend.catalogue.codec import decode, encode
from models.recommend.catalogue.numbers import Numbers
from models.recommend.catalogue.postings import KEPT, Postings
from models.recommend.records import ItemData
from models.recommend.serving.conditions import KnownItem
from models.recommend.serving.filters import Filter
from models.recommend.store.store import Store

NOTHING = ItemData()

SMALLEST = 1_024
"""Rows at first; doubled when they are full."""


class Catalogue:
    """What is known of the items in the store's rows, from the moment that a row is taken.

    blocked: ids that are never served, though they are learned from.

    Masks have `rows` entries, at least as many as rows were ever used. They are kept up to date, so hold none over a
    change, and write to none. The state is a text per item; all else is derived from it.
    """

    def __init__(self, store: Store, blocked: Iterable[str] = ()) -> None:
        self.rows = SMALLEST
        self.changing: list[Callable[[int, ItemData, ItemData], None]] = []
        """Called with a row and its data before and after, where these change; after is nothing where the item goes."""
        self.changed: list[Callable[[int], None]] = []
        """Called with each row that now passes, perhaps, what it did not pass before."""
        self._entities = store.items
        self._texts = store.items.text("catalogue", row_nbytes=512)
        store.items.opening.append(self._open)
        store.items.leaving.append(self._leave)
        store.restoring.append(self._restore)
        self._blocked = frozenset(blocked)
        self._items: list[KnownItem | None] = [None] * SMALLEST
        self._categories, self._tags = Postings(), Postings()
        self._numbers = Numbers(SMALLEST)
        self._servable = np.zeros(SMALLEST, np.bool_)
        self._matching: OrderedDict[Filter, Flags] = OrderedDict()

    def check(self, data: ItemData) -> None:
        """Raises InvalidParameter for what `put` would refuse."""
        check(data)
        new = sum(name not in self._numbers for name in data.numbers)
        if len(self._numbers) + new > MOST_NUMBERS:
            raise InvalidParameter(
                "numbers",
                "all items",
                f"at most {MOST_NUMBERS} different ones",
                tuple(data.numbers),
            )

    def put(self, row: int, data: ItemData) -> None:
        """Replace what is known of a row's item. Raises InvalidParameter, and then changes nothing."""
        self.check(data)
        stored = encode(data)
        self._announce(row, data)
        self._take_out(row)
        self._take_in(row, data)
        self._texts[row] = stored

    def data(self, row: int) -> ItemData:
        """What is known of a row's item."""
        return self._known(row).data

    def servable(self) -> Flags:
        """Which rows hold an item that is neither hidden nor blocked."""
        return self._servable

    def matching(self, wanted: Filter | None) -> Flags:
        """Which rows hold a servable item that passes the filter."""
        if wanted is None:
            return self._servable
        mask = self._matching.get(wanted)
        if mask is None:
            mask = wanted.mask(self) & self._servable
            self._matching[wanted] = mask
            if len(self._matching) > KEPT:
                self._matching.popitem(last=False)
        self._matching.move_to_end(wanted)
        return mask

    def passes(self, row: int, wanted: Filter) -> bool:
        """Whether a row's item passes the filter, servable or not."""
        return wanted.condition.holds(self._known(row))

    def with_category(self, category: str) -> Flags:
        """Which rows hold an item of the category."""
        return self._categories.mask(category, self.rows)

    def with_tag(self, tag: str) -> Flags:
        """Which rows hold an item that has the tag."""
        return self._tags.mask(tag, self.rows)

    def with_id(self, item: str) -> Flags:
        """Which row is the item's, if it has one."""
        mask = np.zeros(self.rows, np.bool_)
        row = self._entities.row(item)
        if row >= 0:
            mask[row] = True
        return mask

    def number(self, name: str) -> Doubles | None:
        """The number of each row, NaN where it has none; None: no item has it."""
        return self._numbers.column(name)

    def _known(self, row: int) -> KnownItem:
        known = self._items[row]
        assert known is not None, f"row {row} is not open"
        return known

    def _restore(self) -> None:
        alive, texts, ids = self._entities.alive(), self._texts.values, self._entities.ids.values
        self._fit(self._entities.extent)
        servable = []
        for row in alive.tolist():
            item, stored = ids[row] or "", texts[row]
            data = decode(stored)
            self._items[row] = KnownItem(item, data)
            if stored is not None:
                self._index(row, data)
            servable.append(not data.hidden and item not in self._blocked)
        self._servable[alive] = servable

    def _open(self, row: int) -> None:
        self._fit(row + 1)
        self._items[row] = KnownItem(self._entities.id(row), NOTHING)
        self._changed(row)

    def _leave(self, rows: Ints) -> None:
        for row in rows.tolist():
            self._announce(row, NOTHING)
            self._take_out(row)
            self._items[row] = None
            self._changed(row)

    def _announce(self, row: int, data: ItemData) -> None:
        for listener in self.changing:
            listener(row, self.data(row), data)

    def _take_in(self, row: int, data: ItemData) -> None:
        self._items[row] = KnownItem(self._known(row).id, data)
        self._index(row, data)
        self._changed(row)

    def _index(self, row: int, data: ItemData) -> None:
        for category in dict.fromkeys(data.categories):
            self._categories.add(category, row)
        for tag in dict.fromkeys(data.tags):
            self._tags.add(tag, row)
        self._numbers.put(row, data.numbers)

    def _take_out(self, row: int) -> None:
        old = self.data(row)
        for category in dict.fromkeys(old.categories):
            self._categories.discard(category, row)
        for tag in dict.fromkeys(old.tags):
            self._tags.discard(tag, row)
        self._numbers.clear(row, old.numbers)

    def _changed(self, row: int) -> None:
        known = self._items[row]
        servable = known is not None and not known.data.hidden and known.id not in self._blocked
        self._servable[row] = servable
        for wanted, mask in self._matching.items():
            mask[row] = servable and known is not None and wanted.condition.holds(known)
        for listener in self.changed:
            listener(row)

    def _fit(self, rows: int) -> None:
        if rows <= self.rows:
            return
        while self.rows < rows:
            self.rows *= 2
        self._items += [None] * (self.rows - len(self._items))
        longer = np.zeros(self.rows, np.bool_)
        longer[: len(self._servable)] = self._servable
        self._servable = longer
        self._numbers.grow(self.rows)
        self._categories.grow()
        self._tags.grow()
        self._matching.clear()
