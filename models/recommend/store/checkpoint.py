"""Writing a store in pieces, and reading it from them; see models.recommend.store.plan."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.errors import CorruptState, IncompatibleState
from models.recommend.store.piece import Section, pack, unpack
from models.recommend.store.plan import (
    ROUND,
    changed,
    delta_name,
    full,
    section,
)
from models.recommend.store.soundness import check
from models.recommend.store.store import Store
from models.recommend.store.table import Strings, Table


class Checkpoints:
    """The checkpoints of one store. `identity`, JSON values, says what a state cannot outlive: seed, kinds..."""

    def __init__(self, store: Store, identity: dict[str, Any]) -> None:
        self._store = store
        self._identity = identity
        self._number = 0
        """Of the last checkpoint."""
        self._parts = [0] * ROUND
        """How many pieces each delta in the ring has."""
        self._taken: dict[bytes, dict[str, Any]] = {}
        """What the pieces that are in place say of themselves, until all are."""

    def write(self) -> Iterator[tuple[bytes, bytes | None]]:
        """The pieces of the next checkpoint; all must be taken before the store changes."""
        store = self._store
        self._number += 1
        number, slot = self._number, self._number % ROUND
        rolling = store.rolling
        extents = store.extents
        whole = store.whole.all
        for table in whole:
            table.dirty[0] = 1
        blocks = full(rolling, extents, number)
        for table, rows in blocks.values():
            table.dirty[rows.start : rows.stop] = 0
        parts = changed([*whole, *rolling], extents)
        for stale in range(len(parts), self._parts[slot]):
            yield delta_name(number, stale), None
        self._parts[slot] = len(parts)
        for part, chunks in enumerate(parts):
            name = delta_name(number, part)
            meta = self._meta(name)
            if part == 0:
                meta |= {
                    "extents": extents,
                    "parts": self._parts,
                    "full": [n.decode() for n in blocks],
                }
            yield name, pack(meta, [section(chunk) for chunk in chunks])
        for name, block in blocks.items():
            yield name, pack(self._meta(name), [section(block)])
        for table in store.named.values():
            table.dirty[:] = 0

    def take(self, name: bytes, data: bytes) -> None:
        """Put a piece in place; those of older checkpoints come first. Raises CorruptState or IncompatibleState."""
        piece = unpack(data)
        meta = piece.meta
        if meta.get("name") != name.decode(errors="replace"):
            raise CorruptState(
                f"The piece {name!r} must say its own name, got {meta.get('name')!r}."
            )
        if meta.get("identity") != self._identity:
            raise IncompatibleState(
                f"The recommender of the saved state must be {self._identity}, as configured, got "
                f"{meta.get('identity')}. Configure it as it was, or let one of another name begin."
            )
        with _made_whole():
            number = int(meta["checkpoint"])
            if number < self._number:
                raise CorruptState(
                    f"The piece {name!r} must be of checkpoint {self._number} or a newer one, as "
                    f"that before it, got {number}."
                )
            self._number = number
            # The first piece of a checkpoint says how far every table goes; those that follow rely on it.
            if "extents" in meta:
                self._fit(meta["extents"])
            for part in piece.sections:
                self._put(part)
            self._taken[name] = meta

    def restore(self) -> None:
        """All pieces are in place. Raises CorruptState or IncompatibleState."""
        taken, self._taken = self._taken, {}
        if not taken:
            return
        with _made_whole():
            first = taken[delta_name(self._number, 0)]
            self._parts = [int(parts) for parts in first["parts"]]
            if len(self._parts) != ROUND:
                raise CorruptState(f"A ring must have {ROUND} deltas, got {len(self._parts)}.")
            self._check_whole(taken)
            check(self._store)
        self._store.restored()

    def _meta(self, name: bytes) -> dict[str, Any]:
        return {"name": name.decode(), "checkpoint": self._number, "identity": self._identity}

    def _check_whole(self, taken: dict[bytes, dict[str, Any]]) -> None:
        """Every delta of the last round is there, and every block as it was written last."""
        blocks: dict[bytes, int] = {}
        for number in range(max(1, self._number - ROUND + 1), self._number + 1):
            first = taken.get(delta_name(number, 0))
            if first is None:
                raise CorruptState(
                    f"The state must have the delta of checkpoint {number}, got none."
                )
            for part in range(int(first["parts"][number % ROUND])):
                self._check_one(taken, delta_name(number, part), number)
            blocks |= dict.fromkeys((str(name).encode() for name in first["full"]), number)
        for name, number in blocks.items():
            self._check_one(taken, name, number)

    @staticmethod
    def _check_one(taken: dict[bytes, dict[str, Any]], name: bytes, number: int) -> None:
        got = taken[name]["checkpoint"] if name in taken else None
        if got != number:
            raise CorruptState(
                f"The piece {name.decode()!r} must be of checkpoint {number}, got {got}."
            )

    def _fit(self, extents: dict[str, int]) -> None:
        for table in self._store.rolling:
            table.fit(int(extents[table.name]))

    def _put(self, part: Section) -> None:
        table = self._store.named[part.table]
        at = slice(part.rows.start, part.rows.stop) if isinstance(part.rows, range) else part.rows
        if isinstance(table, Strings):
            _put_texts(table, part)
            return
        signature = [column.signature for column in table.saved]
        got = [column.signature for column in part.columns]
        if got != signature:
            raise IncompatibleState(
                f"The columns of {table.name!r} in the saved state must be {signature}, got {got}. "
                "Configure the models as they were, or let a recommender of another name begin."
            )
        for column, array in zip(table.saved, part.arrays, strict=True):
            _put_rows(table, column.name, at, array)


@contextmanager
def _made_whole() -> Iterator[None]:
    """Whatever sound pieces that do not go together lead to is a CorruptState."""
    try:
        yield
    except (LookupError, ValueError, TypeError, AttributeError) as error:
        raise CorruptState(f"The pieces must make a whole state, got {error!r}.") from error


def _put_rows(
    table: Table, column: str, at: slice | NDArray[np.int32], values: NDArray[Any]
) -> None:
    target = table[column]
    lowest = at.start if isinstance(at, slice) else int(np.min(at, initial=0))
    if lowest < 0 or len(target[at]) != len(values):
        raise CorruptState(f"Rows of {table.name!r} must be within it, got others.")
    target[at] = values


def _put_texts(table: Strings, part: Section) -> None:
    texts = part.texts
    if texts is None or len(texts) != len(part.rows):
        raise CorruptState(f"A text per row must be in {table.name!r}, got another number.")
    if isinstance(part.rows, range):
        table.values[part.rows.start : part.rows.stop] = texts
        return
    for row, text in zip(part.rows.tolist(), texts, strict=True):
        table.values[row] = text
