"""JSON Lines: every line is sent as it stands; broken ones become dead letters downstream."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from stream.replay.compressed import opened
from stream.replay.errors import ReplayError
from stream.replay.files import Row


class JsonLinesFile:
    """A file with one JSON document per line."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.total = path.stat().st_size

    def rows(self, start: int) -> Iterator[Row]:
        """Iterate over the rows from number `start` on."""
        with opened(self.path) as (content, stored):
            number = 0
            try:
                for line in content:
                    value = line.strip()
                    if not value:
                        continue
                    if number >= start:
                        yield Row(number, value, stored.tell())
                    number += 1
            except (EOFError, OSError) as error:
                raise ReplayError(f"'{self.path}' cannot be read to its end: {error}.") from error
