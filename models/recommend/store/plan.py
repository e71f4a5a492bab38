"""What a checkpoint writes: all that has changed since the last one, and a share of everything.

Checkpoint c writes in full those blocks of rows whose turn it is, or of which much has changed, as
`base/<table>/<block>`, and the other changed rows as the pieces `delta/<c mod ROUND>/<part>`. Each block has its turn
once in ROUND checkpoints, so the pieces of the last ROUND hold everything, and nothing older is needed: an older delta
is overwritten only when every block has been written after it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from models.recommend.store.piece import Section
from models.recommend.store.table import Strings, Table

ROUND = 16
"""Checkpoints in which everything is written once."""
PIECE_NBYTES = 2 << 20
"""About how large a piece gets, save one whose single row is larger."""
MUCH = 4
"""A block of which one row in so many has changed is written in full: its changes would stand in every delta, and all
of these are read at a restart."""


class Chunk(NamedTuple):
    """Some rows of one table, to be written together."""

    table: Table | Strings
    rows: np.ndarray


class Block(NamedTuple):
    """Neighbouring rows of one table, to be written in full."""

    table: Table | Strings
    rows: range


def block_rows(table: Table | Strings) -> int:
    """Rows of one block: a power of two, the same for ever."""
    return 1 << max(0, (PIECE_NBYTES // max(table.row_nbytes, 1)).bit_length() - 1)


def turn(table: int, block: int) -> int:
    """In which checkpoint of a round the block of the table in this place is written."""
    return (5 * table + block) % ROUND


def changed(tables: list[Table | Strings], extents: Mapping[str, int]) -> list[list[Chunk]]:
    """The changed rows, divided into parts of bounded size; there is at least one part."""
    parts: list[list[Chunk]] = [[]]
    room = PIECE_NBYTES
    for table in tables:
        rows = np.flatnonzero(table.dirty[: extents[table.name]]).astype(np.int32)
        size = table.row_nbytes
        start = 0
        while start < len(rows):
            if room < size and parts[-1]:
                parts.append([])
                room = PIECE_NBYTES
            fitting = max(1, room // max(size, 1))
            chunk = rows[start : start + fitting]
            parts[-1].append(Chunk(table, chunk))
            room -= len(chunk) * size
            start += len(chunk)
    return parts


def full(
    tables: list[Table | Strings], extents: Mapping[str, int], checkpoint: int
) -> dict[bytes, Block]:
    """The blocks to be written in full, by the names of their pieces."""
    blocks: dict[bytes, Block] = {}
    for place, table in enumerate(tables):
        height, extent = block_rows(table), extents[table.name]
        for block, start in enumerate(range(0, extent, height)):
            stop = min(start + height, extent)
            much = np.count_nonzero(table.dirty[start:stop]) * MUCH >= stop - start
            if much or turn(place, block) == checkpoint % ROUND:
                blocks[block_name(table, block)] = Block(table, range(start, stop))
    return blocks


def block_name(table: Table | Strings, block: int) -> bytes:
    """The name of the piece of one block."""
    return f"base/{table.name}/{block}".encode()


def delta_name(checkpoint: int, part: int) -> bytes:
    """The name of one piece of what has changed."""
    return f"delta/{checkpoint % ROUND}/{part}".encode()


def section(chunk: Chunk | Block) -> Section:
    """The rows as they are now."""
    table, rows = chunk
    if isinstance(table, Strings):
        texts = (
            table.values[rows.start : rows.stop]
            if isinstance(rows, range)
            else [table.values[row] for row in rows.tolist()]
        )
        return Section(table.name, rows, texts=texts)
    at = slice(rows.start, rows.stop) if isinstance(rows, range) else rows
    arrays = tuple(table[column.name][at] for column in table.saved)
    return Section(table.name, rows, arrays, table.saved)
