"""Ratings and items out of files in the formats of MovieLens and MovieTweetings.

    user::item::rating::time      or comma or tab separated, with a header or without
    item::title::genre|genre      the same; a header may name the columns in any order

A rating of at least four fifths of the highest in the file counts as liking; any other says that the item was seen.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

from stream.demo.errors import DemoError

LIKED = 0.8
"""Share of the highest rating from which on an item counts as liked."""
NAMES_OF_ITEMS = ("movies.dat", "movies.csv", "items.dat", "items.csv")
"""What a file of items beside that of the ratings may be called."""
_COLUMNS = {
    "user": ("user", "userid", "user_id"),
    "item": ("item", "itemid", "item_id", "movie", "movieid", "movie_id"),
    "rating": ("rating", "score", "stars", "rating_value"),
    "time": ("time", "timestamp", "rating_timestamp", "date"),
    "title": ("title", "name"),
    "genres": ("genres", "genre", "categories"),
}
_NO_GENRE = "(no genres listed)"
_YEAR = re.compile(r"\((\d{4})\)\s*$")
Row = TypeVar("Row")


class Rating(NamedTuple):
    """That a user rated an item."""

    user: str
    item: str
    rating: float
    time: int
    """Seconds since the epoch."""
    liked: bool


class Item(NamedTuple):
    """What is known of an item."""

    item: str
    title: str
    genres: tuple[str, ...]
    year: int | None
    since: int | None = None
    """From when on it is there, seconds since the epoch; None: always."""


def read_ratings(file: Path) -> list[Rating]:
    """All ratings, by time; those of one second as in the file. Raises DemoError."""
    rows = list(_rows(file, ("user", "item", "rating", "time"), _rating))
    if not rows:
        raise DemoError(f"The file '{file}' must have ratings, got none.")
    highest = max(row.rating for row in rows)
    judged = [row._replace(liked=row.rating >= LIKED * highest) for row in rows]
    return sorted(judged, key=lambda row: row.time)


def read_items(file: Path) -> list[Item]:
    """All items, as in the file. Raises DemoError."""
    return list(_rows(file, ("item", "title", "genres"), _item))


def items_beside(ratings: Path) -> Path | None:
    """A file of items in the directory of the ratings, if there is one of a usual name."""
    candidates = (ratings.with_name(name) for name in NAMES_OF_ITEMS)
    return next((file for file in candidates if file.is_file() and file != ratings), None)


def _rating(fields: Sequence[str]) -> Rating:
    user, item, rating, time = fields
    return Rating(user.strip(), item.strip(), float(rating), int(float(time)), False)


def _item(fields: Sequence[str]) -> Item:
    item, title, genres = fields
    found = tuple(g for g in genres.strip().split("|") if g and g != _NO_GENRE)
    year = _YEAR.search(title)
    return Item(item.strip(), title.strip(), found, int(year[1]) if year else None)


def _rows(
    file: Path, columns: Sequence[str], make: Callable[[Sequence[str]], Row]
) -> Iterator[Row]:
    """Each line as a row, the columns in the order that they are asked for."""
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise DemoError(f"The file '{file}' must be readable ({error.strerror}).") from error
    split = _splitter(lines[0] if lines else "")
    places = list(range(len(columns)))
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        fields = split(line)
        if number == 1 and (named := _header(fields, columns)) is not None:
            places = named
            continue
        try:
            yield make([fields[place] for place in places])
        except (ValueError, IndexError, OverflowError) as error:
            raise DemoError(
                f"Line {number} of '{file}' must have {', '.join(columns)}, got {line[:100]!r}."
            ) from error


def _splitter(first: str) -> Callable[[str], list[str]]:
    if "::" in first:
        return lambda line: line.split("::")
    delimiter = "\t" if "\t" in first else ","
    return lambda line: next(csv.reader([line], delimiter=delimiter))


def _header(fields: Sequence[str], columns: Sequence[str]) -> list[int] | None:
    """Where a header has the columns; None where the line is none."""
    found = [field.strip().lower() for field in fields]
    places = [
        next((found.index(name) for name in _COLUMNS[column] if name in found), None)
        for column in columns
    ]
    known = [place for place in places if place is not None]
    return known if len(known) == len(columns) else None
