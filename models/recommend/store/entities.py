"""The users, or the items: their ids, their rows, who was idle longest, and the tables about them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from models.errors import CorruptState
from models.recommend.store.columns import Column
from models.recommend.store.kernels.idle import (
    UNLINKED,
    link_all,
    longest_idle,
    touch_all,
    unlink_all,
)
from models.recommend.store.kernels.layout import ALIVE, DEAD, FREE, SWEPT
from models.recommend.store.table import Strings, Table

LIFE = (
    Column("state", np.uint8),
    # Sequence numbers of the operations that made the row, and that touched it last.
    Column("born", np.int64),
    Column("last", np.int64),
    # The store's time mark when it was touched last; NaN before there was one.
    Column("mark", np.float64),
    Column("interactions", np.int64),
    Column("next_free", np.int32, fill=-1),
    Column("older", np.int32, fill=UNLINKED, derived=True),
    Column("newer", np.int32, fill=UNLINKED, derived=True),
)


class Entities:
    """Rows by str id. Rows that nobody uses any more are taken again, the last one freed first."""

    def __init__(self, name: str, free: NDArray[np.int64]) -> None:
        self.name = name
        self.ids = Strings(f"{name}.id")
        self.life = Table(f"{name}.life", LIFE)
        self.tables: list[Table] = [self.life]
        self.texts: list[Strings] = [self.ids]
        self.referred = False
        """Whether a column refers to these rows."""
        self.opening: list[Callable[[int], None]] = []
        """Called with each row that is taken for a new user or item, after it has its id."""
        self.leaving: list[Callable[[NDArray[np.int64]], None]] = []
        """Called with the rows whose users or items go, before their columns are blank."""
        self._free = free
        """(2,): the first free row that was used before, or -1, and how many were ever used."""
        self._rows: dict[str, int] = {}
        self._ends: NDArray[np.int64] = np.full(2, -1, np.int64)

    def __len__(self) -> int:
        """How many are alive."""
        return len(self._rows)

    def __contains__(self, name: str) -> bool:
        return name in self._rows

    @property
    def extent(self) -> int:
        """Rows from this number on were never used."""
        return int(self._free[1])

    @property
    def all(self) -> list[Table | Strings]:
        """Every table and column of texts."""
        return [*self.tables, *self.texts]

    def table(self, name: str, *columns: Column) -> Table:
        """Declare a table of columns about these rows; its name is unique among all tables."""
        table = Table(f"{self.name}.{name}", columns, len(self.life.dirty))
        self.tables.append(table)
        return table

    def text(self, name: str, row_nbytes: int = 32) -> Strings:
        """Declare a text per row, usually of so many bytes; its name is unique among all tables."""
        strings = Strings(f"{self.name}.{name}", row_nbytes)
        strings.fit(len(self.life.dirty))
        self.texts.append(strings)
        return strings

    def row(self, name: str) -> int:
        """The row of an id, or -1."""
        return self._rows.get(name, -1)

    def rows(self, names: Sequence[str]) -> NDArray[np.int64]:
        """The rows of ids, -1 for unknown ones."""
        get = self._rows.get
        return np.array([get(name, -1) for name in names], np.int64)

    def id(self, row: int) -> str:
        """The id of a row that is alive."""
        name = self.ids.values[row]
        assert name is not None
        return name

    @property
    def interactions(self) -> NDArray[np.int64]:
        """(capacity,): how many interactions each row had, until the tables grow."""
        return self.life["interactions"]

    def alive(self) -> NDArray[np.int64]:
        """The rows that are alive, ascending."""
        return np.flatnonzero(self.life["state"][: self.extent] == ALIVE)

    def admit(self, names: Sequence[str], sequence: int) -> NDArray[np.int64]:
        """The rows of ids, new ones made in their order; the k-th id is met by operation `sequence` + k."""
        get = self._rows.get
        rows = [get(name, -1) for name in names]
        if -1 in rows:
            for place, row in enumerate(rows):
                if row < 0:
                    rows[place] = self._open(names[place], sequence + place)
        return np.array(rows, np.int64)

    def touch(self, rows: NDArray[np.int64], sequence: int, mark: float) -> None:
        """Note that operations from `sequence` on concern these rows, one each; `mark` is the time to go by."""
        life = self.life
        touch_all(
            life["older"],
            life["newer"],
            self._ends,
            life["last"],
            life["mark"],
            life.dirty,
            rows,
            sequence,
            mark,
        )

    def begin(self, mark: float) -> None:
        """Rows touched before there was a time mark count from this one on."""
        marks = self.life["mark"][: self.extent]
        unmarked = np.flatnonzero(np.isnan(marks))
        marks[unmarked] = mark
        self.life.dirty[unmarked] = 1

    def longest_idle(self, surplus: int, before: float, most: int) -> NDArray[np.int64]:
        """At most `most` rows, those idle longest first: `surplus` of them, and all touched before a time."""
        found = np.empty(most, np.int64)
        life = self.life
        count = longest_idle(life["newer"], self._ends, life["mark"], surplus, before, found)
        return found[:count]

    def leave(self, rows: NDArray[np.int64]) -> None:
        """Forget users or items that are alive: all columns of their rows become blank."""
        for listener in self.leaving:
            listener(rows)
        life = self.life
        unlink_all(life["older"], life["newer"], self._ends, rows)
        for row in rows.tolist():
            del self._rows[self.id(row)]
        for table in self.tables:
            table.reset(rows)
        for strings in self.texts:
            strings.reset(rows)
        if self.referred:
            life["state"][rows] = DEAD
        else:
            self._release(rows)

    def start_sweep(self) -> bool:
        """Have those that went cleaned out of all columns; whether there are any."""
        state = self.life["state"][: self.extent]
        dead = np.flatnonzero(state == DEAD)
        state[dead] = SWEPT
        self.life.dirty[dead] = 1
        return bool(len(dead))

    def end_sweep(self) -> None:
        """No column refers to what was being swept: its rows may be used again."""
        self._release(np.flatnonzero(self.life["state"][: self.extent] == SWEPT))

    def restored(self) -> None:
        """Compute what is derived, after all rows have been loaded. Raises CorruptState."""
        alive, values = self.alive(), self.ids.values
        self._rows = dict(
            zip([values[row] or "" for row in alive.tolist()], alive.tolist(), strict=True)
        )
        if "" in self._rows or len(self._rows) != len(alive):
            raise CorruptState(f"Each of the {self.name} alive must have an id of its own.")
        order = alive[np.argsort(self.life["last"][alive], kind="stable")]
        self._ends[:] = -1
        link_all(self.life["older"], self.life["newer"], self._ends, order)

    @property
    def nbytes(self) -> int:
        """Bytes of everything about these rows, the map from ids roughly."""
        tables = sum(table.nbytes for table in self.tables)
        texts = sum(strings.nbytes for strings in self.texts)
        return tables + texts + 100 * len(self._rows)

    def _open(self, name: str, sequence: int) -> int:
        row = self._rows.get(name, -1)
        if row >= 0:
            return row
        life = self.life
        row = int(self._free[0])
        if row >= 0:
            self._free[0] = life["next_free"][row]
            life["next_free"][row] = -1
        else:
            row = int(self._free[1])
            self._free[1] = row + 1
            self._fit(row + 1)
        life["state"][row] = ALIVE
        life["born"][row] = sequence
        life["mark"][row] = np.nan
        life.dirty[row] = 1
        self._rows[name] = row
        self.ids[row] = name
        for listener in self.opening:
            listener(row)
        return row

    def _release(self, rows: NDArray[np.int64]) -> None:
        life = self.life
        life["state"][rows] = FREE
        life["next_free"][rows] = np.concatenate((rows[1:], self._free[:1]))[: len(rows)]
        life.dirty[rows] = 1
        if len(rows):
            self._free[0] = rows[0]

    def _fit(self, rows: int) -> None:
        if rows > len(self.life.dirty):
            for table in self.tables:
                table.fit(rows)
            for strings in self.texts:
                strings.fit(rows)
