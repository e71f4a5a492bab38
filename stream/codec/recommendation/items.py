"""Item records to what is known of an item. A total function, as all readers are."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from models.recommend.records import ItemData
from stream.codec.envelope import EnvelopeReader, Rejected
from stream.codec.formats.reading import Read
from stream.codec.json_text import decode_json, shown
from stream.codec.keys import scalar_text
from stream.codec.paths import Getter, compile_path
from stream.codec.reasons import RejectReason
from stream.records import Record


class ItemFormat(NamedTuple):
    """Where an item record carries what: field paths. The record key is the item."""

    categories: str = "categories"
    tags: str = "tags"
    numbers: str | Mapping[str, str] = "numbers"
    """Of an object of numbers; or of each number, by name."""
    text: Sequence[str] = ("text",)
    hidden: str = "hidden"
    vector: str = "vector"
    timestamp: str | None = None
    """None: the record's timestamp."""

    @property
    def paths(self) -> tuple[str, ...]:
        """All field paths."""
        numbers = (self.numbers,) if isinstance(self.numbers, str) else self.numbers.values()
        time = () if self.timestamp is None else (self.timestamp,)
        found = (self.categories, self.tags, *numbers, *self.text, self.hidden, self.vector)
        return (*found, *time)


class Described(NamedTuple):
    """What is known of an item from now on."""

    item: str
    data: ItemData
    time: float
    """Seconds since the epoch."""


class Removed(NamedTuple):
    """An item that there is no more."""

    item: str


class _Bad(Exception):
    """A field that cannot be used, and why."""


class ItemReader:
    """Reads the records of one topic of items. Raises ValueError for a path that is none."""

    def __init__(self, form: ItemFormat, read: Read = decode_json) -> None:
        self.paths = form.paths
        """Of all fields that are read."""
        self._envelopes = EnvelopeReader((), form.timestamp, read)
        self._categories = _texts(form.categories)
        self._tags = _texts(form.tags)
        self._numbers = (
            _object_of_numbers(form.numbers)
            if isinstance(form.numbers, str)
            else _numbers(form.numbers)
        )
        self._text = _joined(form.text)
        self._hidden = _flag(form.hidden)
        self._vector = _vector(form.vector)

    def read(self, record: Record) -> Described | Removed | Rejected:
        """What the record says of an item.

        Raises RegistryUnavailable while its schema cannot be had, and nothing else.
        """
        item = None if not record.key else scalar_text(_text(record.key))
        if not item:
            detail = "The record key must be the item, as text in UTF-8."
            return Rejected(RejectReason.MISSING_ID, detail)
        if record.value is None:
            return Removed(item)
        envelope = self._envelopes.open(record)
        if isinstance(envelope, Rejected):
            return envelope
        entity, time, document = envelope
        try:
            return Described(item, self._data(document), time / 1_000_000)
        except _Bad as bad:
            return Rejected(RejectReason.BAD_ITEM, str(bad), entity, time)

    def _data(self, document: dict[str, Any]) -> ItemData:
        return ItemData(
            categories=self._categories(document),
            tags=self._tags(document),
            numbers=self._numbers(document),
            text=self._text(document),
            hidden=self._hidden(document),
            vector=self._vector(document),
        )


def _text(key: bytes) -> str | None:
    try:
        return key.decode()
    except UnicodeDecodeError:
        return None


def _texts(path: str) -> Callable[[dict[str, Any]], tuple[str, ...]]:
    """One text, or an array of texts; each once, in their order."""
    get = compile_path(path)

    def texts(document: dict[str, Any]) -> tuple[str, ...]:
        found = get(document)
        if found is None:
            return ()
        values = found if isinstance(found, list) else [found]
        named = [scalar_text(value) for value in values]
        if not all(named):
            raise _Bad(f"The field {path!r} must be text or an array of texts, got {shown(found)}.")
        return tuple(dict.fromkeys(name for name in named if name))

    return texts


def _object_of_numbers(path: str) -> Callable[[dict[str, Any]], dict[str, float]]:
    get = compile_path(path)

    def numbers(document: dict[str, Any]) -> dict[str, float]:
        found = get(document)
        if found is None:
            return {}
        if not isinstance(found, dict):
            raise _Bad(f"The field {path!r} must be an object of numbers, got {shown(found)}.")
        return {
            name: _number(f"{path}.{name}", value)
            for name, value in found.items()
            if value is not None
        }

    return numbers


def _numbers(paths: Mapping[str, str]) -> Callable[[dict[str, Any]], dict[str, float]]:
    getters: list[tuple[str, str, Getter]] = [
        (name, path, compile_path(path)) for name, path in paths.items()
    ]

    def numbers(document: dict[str, Any]) -> dict[str, float]:
        found = ((name, path, get(document)) for name, path, get in getters)
        return {name: _number(path, value) for name, path, value in found if value is not None}

    return numbers


def _joined(paths: Sequence[str]) -> Callable[[dict[str, Any]], str]:
    getters = [(path, compile_path(path)) for path in paths]

    def text(document: dict[str, Any]) -> str:
        parts = []
        for path, get in getters:
            found = get(document)
            if found is not None and not isinstance(found, str):
                raise _Bad(f"The field {path!r} must be text, got {shown(found)}.")
            parts.append(found or "")
        return "\n".join(parts).strip()

    return text


def _flag(path: str) -> Callable[[dict[str, Any]], bool]:
    get = compile_path(path)

    def flag(document: dict[str, Any]) -> bool:
        found = get(document)
        if found is not None and not isinstance(found, bool):
            raise _Bad(f"The field {path!r} must be true or false, got {shown(found)}.")
        return bool(found)

    return flag


def _vector(path: str) -> Callable[[dict[str, Any]], tuple[float, ...]]:
    get = compile_path(path)

    def vector(document: dict[str, Any]) -> tuple[float, ...]:
        found = get(document)
        if found is None:
            return ()
        if not isinstance(found, list):
            raise _Bad(f"The field {path!r} must be an array of numbers, got {shown(found)}.")
        return tuple(_number(f"{path}.{place}", value) for place, value in enumerate(found))

    return vector


def _number(path: str, value: object) -> float:
    if type(value) in (float, int, Decimal) and abs(value) <= sys.float_info.max:  # type: ignore[arg-type]  # a number
        return float(value)  # type: ignore[arg-type]  # a number, as was just seen
    raise _Bad(f"The field {path!r} must be a finite number, got {shown(value)}.")
