"""The records of a transaction before they are written."""

from __future__ import annotations

from stream.records import Outgoing
from stream.transports.sqlite.catalogue import Catalogue, Topic
from stream.transports.sqlite.log import check_record


class Buffer:
    """Records that passed every check, so writing them can fail for the database's reasons only."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._batches: dict[str, tuple[Topic, list[Outgoing]]] = {}

    def add(self, record: Outgoing) -> None:
        """Take a record. Raises UnknownTopic, InvalidParameter, and then does not take it."""
        batch = self._batches.get(record.topic)
        if batch is None:
            batch = self._batches[record.topic] = (self._catalogue.topic(record.topic), [])
        topic, records = batch
        check_record(topic, record)
        records.append(record)

    def batches(self) -> list[tuple[Topic, list[Outgoing]]]:
        """The records of each topic, in the order in which they came."""
        return [batch for batch in self._batches.values() if batch[1]]
