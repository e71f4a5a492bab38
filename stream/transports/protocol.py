"""What every transport promises.

A transport is a set of topics; a topic is a fixed number of partitions; a partition is an ordered log of
records with growing offsets, which may leave some out (a broker spends offsets on markers of its own).
Only committed records are ever read. One contract-test suite
(`tests/stream/transports/contract.py`) runs against every implementation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from stream.records import Appended, Committed, Outgoing, Polled, Record, TopicPartition


class TopicSpec(NamedTuple):
    """A topic as declared."""

    name: str
    partitions: int = 1
    retention_ms: int | None = None
    """Records older than this may be deleted; None keeps them."""
    retention_bytes: int | None = None
    """Per partition; the oldest records beyond it may be deleted; None keeps them."""
    compact: bool = False
    """Keep at least the newest two records of every key, whatever their age (a null value deletes the key).

    Brokers that compact by themselves keep the newest one, and all others for an hour.
    """
    max_message_bytes: int | None = None
    """The largest record that a topic is created for; None leaves that to the log. It says nothing of one that exists:
    see TopicInfo."""


class TopicInfo(NamedTuple):
    """A topic as it is: its declaration, and each partition's first kept offset and its end.

    The end lies behind the last record, and behind what else has taken offsets since.
    """

    spec: TopicSpec
    """As in force. A compacted topic has a retention only if it deletes by age or size besides."""
    bounds: tuple[tuple[int, int], ...]
    max_message_bytes: int | None = None
    """The largest record that it takes; None where there is no limit."""


class Session(Protocol):
    """One member of a consumer group: consume, transform, produce, as one transaction.

    Single-threaded, but for `heartbeat`. A member that was silent for longer than its session timeout loses
    its partitions to the others, and its late commit raises FencedError without a trace in any topic.
    """

    def poll(self, max_records: int, timeout: float) -> Polled:
        """Return records of the assigned partitions, waiting at most `timeout` seconds for the first.

        A poll that reports lost or gained partitions carries no records. Gained partitions stand at their
        committed offset, or at the first kept record where nothing was committed.
        """

    def assignment(self) -> frozenset[TopicPartition]:
        """The partitions that this member owns as of its last poll."""

    def committed(self, tp: TopicPartition) -> Committed | None:
        """The group's committed position in `tp`, or None."""

    def seek(self, tp: TopicPartition, offset: int) -> None:
        """Let the next poll read `tp` from `offset`."""

    def begin(self) -> None:
        """Start a transaction."""

    def send(self, record: Outgoing) -> None:
        """Add a record to the transaction."""

    def commit(self, offsets: Mapping[TopicPartition, Committed]) -> None:
        """Write the transaction's records and the group's offsets, all or nothing.

        Transient faults are retried with backoff. After FencedError nothing of the transaction is visible.
        After TransportUnavailable nothing is either, unless the log went away in the very commit: then it may
        have been the last thing that it did. In both cases `abort` must follow, and after it `committed` says
        what is true, so state that ran ahead has to be brought in line with it.
        """

    def abort(self) -> None:
        """Drop the transaction. Positions stay where the last poll left them: seek to read again."""

    def heartbeat(self) -> None:
        """Stay a member through long work between two polls (safe from another thread)."""

    def close(self) -> None:
        """Leave the group, so that others take over at once."""


class Transport(Protocol):
    """A log that holds topics, behind a URL."""

    url: str

    @property
    def max_record_bytes(self) -> int | None:
        """The largest key and value, together, that one record may carry; None where there is no
        limit."""

    def ensure_topic(self, spec: TopicSpec) -> None:
        """Create the topic, or check that it exists with these partitions and this compaction.

        Retention may change: the newest declaration is in force. Raises TopicMismatch.
        """

    def topics(self) -> Mapping[str, TopicInfo]:
        """Every topic, by name. A broker is asked for no more of them than are looked at."""

    def append(self, records: Sequence[Outgoing]) -> list[Appended]:
        """Write records in one atomic step, outside of any group, and return where each is now.

        Raises UnknownTopic.
        """

    def read(
        self,
        tp: TopicPartition,
        start: int,
        stop: int | None = None,
        *,
        newest: bool = False,
    ) -> Iterator[Record]:
        """Iterate over committed records with start <= offset < stop (None: the end as of the call).

        newest: the caller wants of each key the last of these records alone; others may come all the same.
        Offsets already deleted by retention are passed over. Needs no group and moves no offset. Raises
        UnknownTopic at the call. Where transactions take effect some time after they were committed, the
        iterator waits for those that were there at the call: it leaves out none of them.
        """

    def readable(self, tp: TopicPartition) -> int:
        """The offset below which `read` waits for nobody: the end, or where a transaction is open.

        What follows may be committed or not. Raises UnknownTopic.
        """

    def committed(self, group: str) -> dict[TopicPartition, Committed]:
        """Every committed position of a group (for lag, metrics and inspection)."""

    def session(
        self, group: str, topics: Sequence[str], *, member: str, session_timeout: float = 10.0
    ) -> Session:
        """Join a consumer group as `member` (a stable, unique name). Raises UnknownTopic."""

    def apply_retention(self, now_ms: int) -> int:
        """Delete what retention and compaction allow as of `now_ms`; return how many records went.

        Retention spares what a group with live members still needs (see Committed.needed_from).
        """

    def close(self) -> None:
        """Release files and connections. Sessions must be closed before."""
