"""What a recommender remembers: users, items, histories, and whatever its models keep of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from models.recommend.records import Interaction
from models.recommend.store.columns import Column
from models.recommend.store.entities import Entities
from models.recommend.store.history import HistoryTable
from models.recommend.store.kernels.advance import advance
from models.recommend.store.kernels.layout import Events, Histories
from models.recommend.store.sweep import Sweep
from models.recommend.store.table import Strings, Table

WINDOW = 256
"""Operations between two rounds of upkeep, which happen where their number says so, however batches are cut."""
MOST_LEAVING = 512
"""Users, and items, that one upkeep lets go at most."""


class Limits(NamedTuple):
    """How much is remembered."""

    history: int
    """Newest interactions per user."""
    max_users: int
    max_items: int
    user_ttl: float | None
    """Seconds of event time; None: for ever."""
    item_ttl: float | None


class Whole:
    """One row about everything; see models.recommend.store.columns."""

    def __init__(self) -> None:
        self.tables: list[Table] = []
        self.texts: list[Strings] = []

    @property
    def all(self) -> list[Table | Strings]:
        """Every table and text."""
        return [*self.tables, *self.texts]

    def table(self, name: str, *columns: Column) -> Table:
        """Declare a table of one row; its name is unique among all tables."""
        table = Table(f"whole.{name}", columns, 1)
        self.tables.append(table)
        return table

    def text(self, name: str) -> Strings:
        """Declare one text; its name is unique among all tables."""
        strings = Strings(f"whole.{name}")
        strings.fit(1)
        self.texts.append(strings)
        return strings


class Store:
    """Tables over users and items, and who comes and goes. Not thread-safe."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.whole = Whole()
        self._clock = self.whole.table(
            "clock",
            Column("sequence", np.int64),
            Column("interactions", np.int64),
            Column("newest", np.float64, fill=np.nan),
            # The least event time of the running window; and the greatest such of all windows before.
            Column("low", np.float64, fill=np.inf),
            Column("mark", np.float64, fill=np.nan),
            Column("free_users", np.int64, (2,)),
            Column("free_items", np.int64, (2,)),
            Column("free_blocks", np.int64, (2,)),
            Column("sweep_users", np.int64, (2,)),
            Column("sweep_items", np.int64, (2,)),
            Column("window_users", np.int64, (WINDOW,), fill=-1),
        )
        clock = self._clock
        for name in ("free_users", "free_items", "free_blocks", "sweep_users", "sweep_items"):
            clock[name][0, 0] = -1
        self.users = Entities("users", clock["free_users"][0])
        self.items = Entities("items", clock["free_items"][0])
        self.histories = HistoryTable(
            self.users, self.items, clock["free_blocks"][0], limits.history
        )
        self._sweeps = {
            "users": Sweep(self.users, clock["sweep_users"][0]),
            "items": Sweep(self.items, clock["sweep_items"][0]),
        }
        self._slots: dict[str, tuple[Table, int]] = {}
        self.evicted = 0
        """Users and items let go since this store was made; not saved."""
        self.restoring: list[Callable[[], None]] = []
        """Called when a checkpoint has been loaded, to compute what is derived."""

    def slots(self, name: str, rows: int, *columns: Column) -> Table:
        """Declare a table of a fixed number of rows that are nobody's, such as hashed weights."""
        table = Table(f"slots.{name}", columns, rows)
        self._slots[table.name] = (table, rows)
        return table

    @property
    def sequence(self) -> int:
        """How many operations there have been: the number of the next."""
        return int(self._clock["sequence"][0])

    @property
    def interactions(self) -> int:
        """How many interactions there have been."""
        return int(self._clock["interactions"][0])

    @property
    def newest(self) -> float:
        """The newest event time so far, seconds since the epoch; NaN before there was one."""
        return float(self._clock["newest"][0])

    @property
    def mark(self) -> float:
        """The time that idleness is measured by: all of some window's events were as new; NaN before the first.

        It never goes back, and single events with a time far off do not move it.
        """
        return float(self._clock["mark"][0])

    @property
    def tables(self) -> list[Table]:
        """Every table, in an order that only the declarations decide."""
        return [
            *self.whole.tables,
            *self.users.tables,
            *self.items.tables,
            self.histories.blocks,
            *(table for table, _ in self._slots.values()),
        ]

    @property
    def rolling(self) -> list[Table | Strings]:
        """The tables and texts that are too large to be written whole in every checkpoint."""
        slots = (table for table, _ in self._slots.values())
        return [*self.users.all, *self.items.all, self.histories.blocks, *slots]

    @property
    def named(self) -> dict[str, Table | Strings]:
        """Every table and column of texts by its name."""
        return {table.name: table for table in (*self.whole.all, *self.rolling)}

    @property
    def extents(self) -> dict[str, int]:
        """How many rows of each table and column of texts were ever used."""
        extents = dict.fromkeys((table.name for table in self.whole.all), 1)
        for entities in (self.users, self.items):
            extents |= dict.fromkeys((table.name for table in entities.all), entities.extent)
        extents |= {name: rows for name, (_, rows) in self._slots.items()}
        return extents | {self.histories.blocks.name: self.histories.extent}

    def watch(self) -> None:
        """Look to references in every table; to be called when all have been declared."""
        tables = [(self.histories.blocks, "free_blocks")]
        tables += [(table, "free_users") for table in self.users.tables]
        tables += [(table, "free_items") for table in self.items.tables]
        extents = [(table, self._clock[free][0, 1:]) for table, free in tables]
        extents += [(table, np.ones(1, np.int64)) for table in self.whole.tables]
        for table, extent in extents:
            for column in table.columns:
                if column.refers_to is not None and 0 not in column.shape:
                    self._sweeps[column.refers_to].watch(table, column, extent)

    @property
    def room(self) -> int:
        """How many interactions `advance` takes at most: up to the next upkeep."""
        return WINDOW - self.sequence % WINDOW

    def advance(self, interactions: Sequence[Interaction]) -> Events:
        """Write interactions into the histories, admitting new users and items. `keep` has to follow."""
        n, sequence, mark = len(interactions), self.sequence, self.mark
        users, items, kinds, weights, times = zip(*interactions, strict=True)
        extent = self.items.extent
        user_rows = self.users.admit(users, sequence)
        item_rows = self.items.admit(items, sequence)
        self.users.touch(user_rows, sequence, mark)
        self.items.touch(item_rows, sequence, mark)
        events = Events(
            users=user_rows,
            items=item_rows,
            kinds=np.array(kinds, np.int64),
            weights=np.array(weights, np.float64),
            times=np.array(times, np.float64),
            sequence=np.arange(sequence, sequence + n),
            extents=np.maximum(np.maximum.accumulate(item_rows + 1), extent),
            entries=np.empty(n, np.int64),
        )
        self.histories.reserve(n)
        advance(self.arrays, events, self.users.interactions, self.items.interactions)
        at = sequence % WINDOW
        self._clock["window_users"][0, at : at + n] = user_rows
        self._see(float(events.times.min()), float(events.times.max()))
        self._clock["interactions"][0] += n
        self._count(n)
        return events

    def put_item(self, item: str, time: float) -> int:
        """The row of an item, made if there is none. `keep` has to follow."""
        rows = self.items.admit((item,), self.sequence)
        self.items.touch(rows, self.sequence, self.mark)
        self._see(time, time)
        self._count(1)
        return int(rows[0])

    def remove_item(self, item: str) -> bool:
        """Forget an item; whether there was one. `keep` has to follow."""
        return self._remove(self.items, item)

    def forget_user(self, user: str) -> bool:
        """Forget a user; whether there was one. `keep` has to follow."""
        return self._remove(self.users, user)

    def keep(self) -> None:
        """Upkeep, where it is due: shorten histories, let go who was idle too long, clean references."""
        clock = self._clock
        if self.sequence % WINDOW:
            return
        pushed = clock["window_users"][0]
        self.histories.shorten(pushed[pushed >= 0])
        pushed[:] = -1
        low = float(clock["low"][0])
        clock["low"][0] = np.inf
        first = np.isnan(self.mark)
        if low < np.inf and (first or low > self.mark):
            clock["mark"][0] = low
            if first:
                self.users.begin(low)
                self.items.begin(low)
        self._let_go(self.users, self.limits.max_users, self.limits.user_ttl)
        self._let_go(self.items, self.limits.max_items, self.limits.item_ttl)
        self._sweeps["users"].step()
        self._sweeps["items"].step()

    def restored(self) -> None:
        """Compute what is derived, after all tables were filled."""
        self.users.restored()
        self.items.restored()
        for listener in self.restoring:
            listener()

    @property
    def arrays(self) -> Histories:
        """The histories, as kernels take them."""
        return self.histories.arrays

    @property
    def nbytes(self) -> dict[str, int]:
        """Bytes in memory by subject, spare room included; ids and texts roughly."""
        return {
            "users": self.users.nbytes,
            "items": self.items.nbytes,
            "histories": self.histories.blocks.nbytes,
            "whole": sum(table.nbytes for table in self.whole.tables),
            "slots": sum(table.nbytes for table, _ in self._slots.values()),
        }

    def _remove(self, entities: Entities, name: str) -> bool:
        row = entities.row(name)
        if row >= 0:
            entities.leave(np.array([row], np.int64))
        self._count(1)
        return row >= 0

    def _let_go(self, entities: Entities, most: int, ttl: float | None) -> None:
        before = -np.inf if ttl is None or np.isnan(self.mark) else self.mark - ttl
        rows = entities.longest_idle(len(entities) - most, before, MOST_LEAVING)
        if len(rows):
            entities.leave(rows)
            self.evicted += len(rows)

    def _see(self, low: float, high: float) -> None:
        clock = self._clock
        clock["low"][0] = min(float(clock["low"][0]), low)
        if not high <= self.newest:
            clock["newest"][0] = high

    def _count(self, operations: int) -> None:
        self._clock["sequence"][0] += operations
        self._clock.dirty[0] = 1
