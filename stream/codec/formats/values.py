"""Values that JSON lacks, as documents of other formats hold them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal
from uuid import UUID

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LONGEST_EXPONENT = 400
_WIDEST = 1_000
_EXACT = Context(prec=3 * _WIDEST, Emax=MAX_EMAX, Emin=MIN_EMIN)
"""A byte is less than three digits."""


class Instant(int):
    """A moment, in microseconds since the epoch; may lie beyond the years that a datetime knows."""


def microseconds_of(value: object) -> int | None:
    """Microseconds since the epoch of a moment or a day, without a zone in UTC; None for others."""
    if isinstance(value, datetime):
        aware = value if value.tzinfo is not None else value.replace(tzinfo=UTC)
        return (aware - _EPOCH) // _MICROSECOND
    if isinstance(value, Instant):
        return int(value)
    if isinstance(value, date):
        return (value.toordinal() - _EPOCH.toordinal()) * 86_400_000_000
    return None


def decimal_of(unscaled: bytes, scale: int) -> Decimal:
    """The number of a two's complement and the digits behind its point.

    Raises ValueError where it is so long that the conversion would take noticeable time.
    """
    if len(unscaled) > _WIDEST:
        raise ValueError(f"a decimal must have at most {_WIDEST} bytes, got {len(unscaled)}")
    whole = Decimal(int.from_bytes(unscaled, "big", signed=True))
    return whole.scaleb(-scale, _EXACT)


def text_of(value: object) -> str | None:
    """The text that stands for a day, a time of day, an identifier or a decimal number in JSON.

    None for others. A decimal number has no zeros at the end: 12.50 and 12.5 are one number.
    """
    if isinstance(value, Decimal):
        return _digits(value)
    if isinstance(value, UUID):
        return str(value)
    return value.isoformat() if isinstance(value, date | time) else None


def _digits(number: Decimal) -> str | None:
    if not number.is_finite():
        return None
    if not number:
        return "0"
    plain = abs(number.adjusted()) <= _LONGEST_EXPONENT
    shortest = number.normalize(_exactly(number))
    return f"{shortest:f}" if plain else str(shortest)


def _exactly(number: Decimal) -> Context:
    return Context(prec=len(number.as_tuple().digits), Emax=MAX_EMAX, Emin=MIN_EMIN)
