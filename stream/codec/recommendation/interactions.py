"""Input records to interactions. A total function: what cannot be used is a value, `Rejected`."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Literal, NamedTuple

from models.recommend.checks import HEAVIEST, LONGEST_NAME
from models.recommend.records import Interaction
from stream.codec.envelope import EnvelopeReader, Rejected
from stream.codec.formats.reading import Read
from stream.codec.json_text import decode_json, shown
from stream.codec.keys import scalar_text
from stream.codec.paths import compile_path
from stream.codec.reasons import RejectReason
from stream.codec.recommendation.quick import quick_fields
from stream.codec.timestamps import LAST, to_microseconds
from stream.records import Record

OTHERS = "*"
"""Stands for all types that are not named."""

Meaning = float | Literal["seen", "blocked", "ignored"]
"""What a type of interaction says: a weight above 0; that the item was only seen; that the user does not want it; or
nothing."""


class InteractionFormat(NamedTuple):
    """Where a record carries what: field paths."""

    user: str
    item: str
    type: str | None = None
    """None: all are of one type, the first of the types."""
    value: str | None = None
    """Of a number that the type's weight is multiplied by; None, or a record without one: 1."""
    timestamp: str | None = None
    """None: the record's timestamp."""


class Ignored(NamedTuple):
    """A record that says nothing, and is not at fault."""


IGNORED = Ignored()
_UNKNOWN = "unknown"


def kinds_of(types: Mapping[str, Meaning]) -> dict[str, Meaning]:
    """The types that are learned, in the order that `Interaction.kind` counts them in."""
    return {name: meaning for name, meaning in types.items() if meaning != "ignored"}


class InteractionReader:
    """Reads the interactions of one input. Raises ValueError for a path that is none.

    types: name of the type -> what it says; `*` stands for all others.
    """

    def __init__(
        self, form: InteractionFormat, types: Mapping[str, Meaning], read: Read = decode_json
    ) -> None:
        self._envelopes = EnvelopeReader((form.user,), form.timestamp, read)
        self._form = form
        self._item = compile_path(form.item)
        self._type = None if form.type is None else compile_path(form.type)
        self._value = None if form.value is None else compile_path(form.value)
        kinds = list(kinds_of(types))
        self._known = {
            name: None if meaning == "ignored" else (kinds.index(name), _weight(meaning))
            for name, meaning in types.items()
        }
        self._only = next(iter(self._known.values()))
        self._others = self._known.get(OTHERS, _UNKNOWN)
        paths = [path for path in form if path is not None]
        self._fields = quick_fields(paths) if read is decode_json else None
        self._type_at, self._value_at, self._time_at = (
            paths.index(path) if path in paths else 0
            for path in (form.type, form.value, form.timestamp)
        )

    @property
    def is_self_contained(self) -> bool:
        """Whether all that is read is in the values and keys of records, and so in their copies as well."""
        return self._form.timestamp is not None

    def read(self, record: Record) -> Interaction | Ignored | Rejected:
        """What the record says happened.

        Raises RegistryUnavailable while its schema cannot be had, and nothing else.
        """
        if self._fields is not None and record.value is not None:
            quick = self._quickly(record, self._fields(record.value))
            if quick is not None:
                return quick
        envelope = self._envelopes.open(record)
        if isinstance(envelope, Rejected):
            return envelope
        entity, time, document = envelope
        told = self._told(entity.decode(), time / 1_000_000, document)
        return told._replace(entity=entity, time=time) if isinstance(told, Rejected) else told

    def _quickly(
        self, record: Record, fields: tuple[Any, ...] | None
    ) -> Interaction | Ignored | None:
        """What most records say, who break no rule; None for all others."""
        if fields is None:
            return None
        user, item = _name(fields[0]), _name(fields[1])
        if self._form.timestamp is None:
            micros = _of_record(record.timestamp)
        else:
            micros = to_microseconds(fields[self._time_at])
        if not user or not item or micros is None:
            return None
        said: object = self._only
        if self._type is not None:
            name = fields[self._type_at]
            said = self._known.get(name, self._others) if type(name) is str else _UNKNOWN
        if said is None:
            return IGNORED
        if not isinstance(said, tuple):
            return None
        kind, weight = said
        if self._value is not None and weight:
            factor = _factor(fields[self._value_at], HEAVIEST / weight)
            if isinstance(factor, Rejected):
                return None
            weight *= factor
        return Interaction(user, item, kind, weight, micros / 1_000_000)

    def _told(
        self, user: str, time: float, document: dict[str, Any]
    ) -> Interaction | Ignored | Rejected:
        item = scalar_text(self._item(document))
        if not item or len(item) > LONGEST_NAME or len(user) > LONGEST_NAME:
            return self._nameless(user, item)
        said = self._only if self._type is None else self._said(self._type(document))
        if said is None:
            return IGNORED
        if isinstance(said, Rejected):
            return said
        kind, weight = said
        if self._value is not None and weight:
            factor = _factor(self._value(document), HEAVIEST / weight)
            if isinstance(factor, Rejected):
                return factor
            weight *= factor
        return Interaction(user, item, kind, weight, time)

    def _nameless(self, user: str, item: str | None) -> Rejected:
        if not item:
            detail = f"The item at {self._form.item!r} must be text, a number or a boolean."
            return Rejected(RejectReason.MISSING_ID, detail)
        name, got = ("user", len(user)) if len(user) > LONGEST_NAME else ("item", len(item))
        detail = f"The {name} must be at most {LONGEST_NAME} characters long, got {got}."
        return Rejected(RejectReason.LONG_ID, detail)

    def _said(self, value: object) -> tuple[int, float] | Rejected | None:
        name = value if type(value) is str else scalar_text(value)
        if name in self._known:
            return self._known[name]
        if OTHERS in self._known:
            return self._known[OTHERS]
        known = ", ".join(self._known)
        detail = f"The type at {self._form.type!r} must be one of {known}, got {shown(value)}."
        return Rejected(RejectReason.UNKNOWN_TYPE, detail)


def _name(value: object) -> str | None:
    """The id that plain text or a whole number is; None for others, and for one that is too long."""
    if type(value) is str:
        return value if len(value) <= LONGEST_NAME else None
    return str(value) if type(value) is int and abs(value) < 2**63 else None


def _of_record(timestamp: int) -> int | None:
    return timestamp * 1_000 if 0 <= timestamp <= LAST // 1_000 else None


def _weight(meaning: Meaning) -> float:
    return 0.0 if isinstance(meaning, str) else float(meaning)


def _factor(value: object, most: float) -> float | Rejected:
    if value is None:
        return 1.0
    if type(value) in (float, int, Decimal) and 0 <= value <= most:  # type: ignore[operator]  # a number
        return float(value)  # type: ignore[arg-type]  # a number, as was just seen
    detail = f"The value must be a number from 0 to {most:g}, got {shown(value)}."
    return Rejected(RejectReason.BAD_VALUE, detail)
