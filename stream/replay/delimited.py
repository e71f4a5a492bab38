"""CSV: the first line names the columns; cells that are JSON numbers become numbers."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec

from stream.replay.compressed import opened
from stream.replay.errors import ReplayError
from stream.replay.files import Row

_INTEGER = re.compile(r"-?(0|[1-9]\d{0,17})")
_DECIMAL = re.compile(r"-?(0|[1-9]\d*)?(\.\d*)?([eE][+-]?\d+)?")
_MISSING = frozenset(("", "nan", "null"))

Cell = int | float | str | None


def typed(cell: str) -> Cell:
    """A number where the text is one, None where it is empty, NaN or null, else the text itself.

    What only looks like a number stays text: '007' and '+49' are names of things, and an integer of
    more than 18 digits would lose some as a number.
    """
    text = cell.strip()
    if text.lower() in _MISSING:
        return None
    if _INTEGER.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text) and not text.lstrip("-").isdigit():
        try:
            number = float(text)
        except ValueError:
            return cell
        return number if number - number == 0.0 else cell
    return cell


class CsvFile:
    """A CSV file in UTF-8, comma-separated, with a header line."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.total = path.stat().st_size

    def rows(self, start: int) -> Iterator[Row]:
        """Iterate over the rows from number `start` on."""
        encoder = msgspec.json.Encoder()
        with opened(self.path) as (content, stored):
            text = io.TextIOWrapper(content, encoding="utf-8-sig", newline="")
            try:
                reader = csv.reader(text, strict=True)
                names = self._header(reader)
                filled = (cells for cells in reader if cells)
                for number, cells in enumerate(filled):
                    if number < start:
                        continue
                    if len(cells) != len(names):
                        raise ReplayError(
                            f"Line {reader.line_num} of '{self.path}' must have {len(names)} cells "
                            f"like the header, got {len(cells)}."
                        )
                    event = dict(zip(names, map(typed, cells), strict=True))
                    yield Row(number, encoder.encode(event), stored.tell())
            except (csv.Error, UnicodeDecodeError, EOFError, OSError) as error:
                raise ReplayError(f"'{self.path}' must be CSV in UTF-8: {error}.") from error
            finally:
                text.detach()

    def _header(self, reader: Iterator[list[str]]) -> list[str]:
        names = [name.strip() for name in next(reader, [])]
        if not all(names) or not names or len(set(names)) != len(names):
            raise ReplayError(
                f"The first line of '{self.path}' must name every column, each differently, "
                f"got {names}."
            )
        return names
