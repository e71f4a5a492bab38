"""Records of a recommender's log to what they say."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from models.recommend.records import Interaction
from stream.codec import Rejected, RejectReason
from stream.codec.kinds import Kind, kind_of
from stream.codec.origin import original
from stream.codec.recommendation.interactions import IGNORED, Ignored, InteractionReader
from stream.codec.recommendation.items import Described, ItemReader, Removed
from stream.codec.recommendation.requests import Asked, RequestReader
from stream.records import Record


class Forgotten(NamedTuple):
    """A user of whom nothing is to be known any more."""

    user: str


Told = Interaction | Described | Removed | Forgotten | Asked | Ignored | Rejected
"""What a record says."""


class LogReader:
    """Reads the records of a recommender's log.

    items, requests: None where there is no such topic. sequenced: whether the log is the internal topic, whose records
    say what they are and where they come from; else all are interactions.
    """

    def __init__(
        self,
        interactions: InteractionReader,
        items: ItemReader | None,
        requests: RequestReader | None,
        *,
        sequenced: bool,
    ) -> None:
        self.item_paths = () if items is None else items.paths
        """Of the fields of items that are read."""
        self._interactions = interactions
        self._readers: dict[str | None, Callable[[Record], Told]] = {
            Kind.INTERACTION: self.interaction,
            Kind.USER: _user,
        }
        if items is not None:
            self._readers[Kind.ITEM] = items.read
        if requests is not None:
            self._readers[Kind.REQUEST] = requests.read
        self._sequenced = sequenced

    def original(self, record: Record) -> Record:
        """The record as the input had it."""
        return original(record) if self._sequenced else record

    def read(self, record: Record) -> Told:
        """What a record of the log says.

        Raises RegistryUnavailable while its schema cannot be had, and nothing else.
        """
        if not self._sequenced:
            return self.interaction(record)
        kind = kind_of(record)
        if kind == Kind.INTERACTION and self._interactions.is_self_contained:
            return self.interaction(record)
        reader = self._readers.get(kind)
        if reader is None:
            detail = f"The header must name a kind that the recommender reads, got {kind!r}."
            return Rejected(RejectReason.WRONG_KIND, detail)
        return reader(original(record))

    def item(self, record: Record) -> Told:
        """What a record of the topic of items itself says. Raises KeyError where there is none."""
        return self._readers[Kind.ITEM](record)

    def interaction(self, record: Record) -> Told:
        """What a record of the input itself says."""
        return _user(record) if record.value is None else self._interactions.read(record)


def _user(record: Record) -> Forgotten | Ignored | Rejected:
    """A user's record: without a value it asks to forget the user; others say nothing of use."""
    if record.value is not None:
        return IGNORED
    if not record.key:
        detail = "The record has neither a value nor a key that names a user."
        return Rejected(RejectReason.NULL_VALUE, detail)
    try:
        return Forgotten(record.key.decode())
    except UnicodeDecodeError:
        detail = "The record key must be the user, as text in UTF-8."
        return Rejected(RejectReason.MISSING_KEY, detail, record.key)
