"""Request records to questions. A total function, as all readers are."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, NamedTuple

import msgspec
from msgspec import Meta

from models.errors import InvalidParameter
from models.recommend.checks import is_unicode
from models.recommend.records import Request
from models.recommend.serving.filters import Filter
from stream.codec.envelope import EnvelopeReader, Rejected
from stream.codec.formats.reading import Read
from stream.codec.json_text import decode_json
from stream.codec.reasons import RejectReason
from stream.codec.timestamps import to_microseconds
from stream.records import Record

MOST = 1_000
"""Items that may be asked for, or named, at most."""

Id = Annotated[str, Meta(min_length=1)]
Ids = Annotated[tuple[Id, ...], Meta(max_length=MOST)]


class RequestValue(msgspec.Struct, frozen=True, omit_defaults=True):
    """A question for recommendations."""

    id: Annotated[str | None, Meta(description="Comes back in the answer as `request`.")] = None
    user: Annotated[
        Id | None, Meta(description="For whom; null: for somebody of whom nothing is known.")
    ] = None
    n: Annotated[int, Meta(ge=1, le=MOST, description="How many items at most.")] = 10
    session: Annotated[
        Ids, Meta(description="Items of the running session, oldest first; newer than all else.")
    ] = ()
    filter: Annotated[
        str | None, Meta(description="Which items alone, as `category:comedy and year >= 1990`.")
    ] = None
    exclude: Annotated[Ids, Meta(description="Items that must not be among them.")] = ()
    exclude_seen: Annotated[
        bool, Meta(description="Whether items that the user has seen are left out.")
    ] = True
    segment: Annotated[
        str | None,
        Meta(description="Category whose trending items stand in where the user is not known."),
    ] = None
    time: Annotated[
        str | int | float | None,
        Meta(description="As of when: RFC 3339 or an epoch number; null: the newest event time."),
    ] = None
    draw: Annotated[
        Annotated[int, Meta(ge=0, le=2**63 - 1)] | None,
        Meta(description="Chooses among items to be explored; null: the record's offset."),
    ] = None


class Asked(NamedTuple):
    """A question, and how it is to be answered."""

    request: Request
    id: str | None
    """Comes back in the answer."""
    key: bytes | None
    """Of the answer."""


class RequestReader:
    """Reads the requests of one topic. Raises ValueError for a path that is none."""

    def __init__(self, read: Read = decode_json) -> None:
        self._documents = EnvelopeReader((), None, read)

    def read(self, record: Record) -> Asked | Rejected:
        """What the record asks.

        Raises RegistryUnavailable while its schema cannot be had, and nothing else.
        """
        document = self._documents.document(record)
        if isinstance(document, Rejected):
            return document
        try:
            asked = msgspec.convert(document, RequestValue)
            request = _request(asked, record.offset)
        except msgspec.ValidationError as error:
            return Rejected(RejectReason.BAD_REQUEST, f"The value is no request: {error}.")
        except InvalidParameter as error:
            return Rejected(RejectReason.BAD_REQUEST, str(error))
        own = None if asked.user is None else asked.user.encode()
        return Asked(request, asked.id, record.key or own)


def _request(asked: RequestValue, offset: int) -> Request:
    _check_texts(asked)
    return Request(
        user=asked.user,
        n=asked.n,
        session=asked.session,
        filter=None if asked.filter is None else _parsed(asked.filter),
        exclude=asked.exclude,
        exclude_seen=asked.exclude_seen,
        segment=asked.segment,
        time=None if asked.time is None else _seconds(asked.time),
        draw=offset if asked.draw is None else asked.draw,
    )


def _check_texts(asked: RequestValue) -> None:
    """Raises InvalidParameter for half a surrogate pair: no record could say it back."""
    texts = {name: (getattr(asked, name) or "",) for name in ("id", "user", "filter", "segment")}
    for name, found in (*texts.items(), ("session", asked.session), ("exclude", asked.exclude)):
        for text in found:
            if not is_unicode(text):
                raise InvalidParameter(name, "a request", "Unicode", text[:100])


@lru_cache(maxsize=1024)
def _parsed(text: str) -> Filter:
    """The filter of a text. Raises InvalidParameter."""
    return Filter(text)


def _seconds(time: str | float) -> float:
    micros = to_microseconds(time)
    if micros is None:
        raise InvalidParameter("time", "a request", "RFC 3339 or an epoch number", time)
    return micros / 1_000_000
