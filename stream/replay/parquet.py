"""Parquet: read in batches of rows; columns become fields, nulls stay nulls."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from stream.replay.errors import ReplayError
from stream.replay.files import Row

_BATCH = 1024


class ParquetFile:
    """A Parquet file; `total` counts its rows."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            with pq.ParquetFile(path) as file:
                self.total: int = file.metadata.num_rows
                self._sizes = [
                    file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)
                ]
        except (pa.ArrowException, OSError) as error:
            raise ReplayError(f"'{path}' must be a Parquet file: {error}.") from error

    def rows(self, start: int) -> Iterator[Row]:
        """Iterate over the rows from number `start` on; whole row groups before it are not read."""
        encoder = msgspec.json.Encoder()
        group, number = self._seek(start)
        try:
            with pq.ParquetFile(self.path) as file:
                groups = range(group, file.num_row_groups)
                for batch in file.iter_batches(_BATCH, row_groups=groups):
                    for event in _microseconds(batch).to_pylist():
                        if number >= start:
                            yield Row(number, encoder.encode(event), number + 1)
                        number += 1
        except (pa.ArrowException, OSError, TypeError) as error:
            raise ReplayError(f"'{self.path}' cannot be read to its end: {error}.") from error

    def _seek(self, start: int) -> tuple[int, int]:
        """The row group that holds row `start`, and the number of its first row."""
        first = 0
        for group, size in enumerate(self._sizes):
            if first + size > start:
                return group, first
            first += size
        return len(self._sizes), first


def _microseconds(batch: pa.RecordBatch) -> pa.Table:
    """Python's datetime ends at microseconds, so finer columns are cut there."""
    table = pa.Table.from_batches([batch])
    for i, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type) and field.type.unit == "ns":
            coarse = pa.timestamp("us", tz=field.type.tz)
            table = table.set_column(i, field.name, table.column(i).cast(coarse, safe=False))
    return table
