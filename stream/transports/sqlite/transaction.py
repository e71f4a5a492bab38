"""The records of a transaction before they are written."""

from __future__ import annotations

from stream.records import Outgoing
from stream.transports.sqlite.catalogue import Catalogue, Topic
from stream.transports.sqlite.log import check_record


class Buffer:
    """Records that passed every check, so that writing them can fail for the database's reasons
    only."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.records: list[Outgoing] = []
        self.topics: dict[str, Topic] = {}
        self._catalogue = catalogue

    def add(self, record: Outgoing) -> None:
        """Take a record. Raises UnknownTopic, InvalidParameter, and then does not take it."""
        topic = self.topics.get(record.topic)
        if topic is None:
            topic = self.topics[record.topic] = self._catalogue.topic(record.topic)
        check_record(topic, record)
        self.records.append(record)
