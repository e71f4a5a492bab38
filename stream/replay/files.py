"""Files of events, whatever their format: numbered rows, read one after the other."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, Protocol

from stream.replay.errors import ReplayError

_SAMPLE = 1 << 20


class Row(NamedTuple):
    """One event of a file."""

    number: int
    """Its place in the file, from 0; blank lines do not count."""
    value: bytes
    """The event as JSON; of JSON Lines, the line as it stands, sound or not."""
    position: int
    """How far the file has been read, in the unit of `EventFile.total`."""


class EventFile(Protocol):
    """A file of events."""

    path: Path
    total: int
    """The size of the file, in bytes (as stored), or in rows where the format knows them."""

    def rows(self, start: int) -> Iterator[Row]:
        """Iterate over the rows from number `start` on.

        Raises ReplayError where the file is broken.
        """


def open_file(path: Path) -> EventFile:
    """Choose the reader by the file's name: .csv, .jsonl, .ndjson (.gz may follow) or .parquet.

    Raises ReplayError if the file does not exist, or its name ends otherwise.
    """
    from stream.replay.delimited import CsvFile
    from stream.replay.jsonlines import JsonLinesFile
    from stream.replay.parquet import ParquetFile

    if not path.is_file():
        raise ReplayError(f"The file to replay must exist, got '{path}'.")
    name = path.name.lower().removesuffix(".gz")
    if name.endswith(".csv"):
        return CsvFile(path)
    if name.endswith((".jsonl", ".ndjson")):
        return JsonLinesFile(path)
    if path.name.lower().endswith(".parquet"):
        return ParquetFile(path)
    raise ReplayError(
        "The name of the file to replay must end in .csv, .jsonl, .ndjson "
        f"(.gz may follow) or .parquet, got '{path}'."
    )


def fingerprint(path: Path) -> str:
    """Identify a file by its size, its first and its last mebibyte (32 hex digits)."""
    size = path.stat().st_size
    digest = hashlib.sha256(size.to_bytes(8, "little"))
    with path.open("rb") as file:
        digest.update(file.read(_SAMPLE))
        file.seek(max(0, size - _SAMPLE))
        digest.update(file.read(_SAMPLE))
    return digest.hexdigest()[:32]
