"""What the Kafka transport needs of a client library: consumer, producer, reader, admin.

The transport's logic is written once, above these protocols; `kafka_python` and `confluent` implement
them. Nothing in here is retried but what the library itself repeats, and every wait is bounded.

Errors, for every method: `Unavailable` for what may succeed later (brokers away, a timeout, a leader or
coordinator that is moving), FencedError for a member or a producer that was replaced or thrown out,
UnknownTopic for a topic that does not exist, TransportError for everything else.

Every object belongs to one thread at a time; `Consumer.keep_alive` alone is called from another one.
Times are in seconds unless a name says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple, Protocol

from stream.records import Committed, Outgoing, Record, TopicPartition

REPLACED = (
    "The member's name must be its own (worker.member), but a newer worker of the same name has "
    "taken its place: "
)
"""What a member is told whose name another process has taken."""


Noted = Callable[[int, int, int], None]
"""Hears where a record was written: its place among those handed over, its partition, its offset."""


class Unavailable(Exception):
    """The brokers did not answer, or not yet. The same call may succeed later."""


class Changes(NamedTuple):
    """How the assignment changed. A partition that was lost and came back is in both."""

    lost: frozenset[TopicPartition]
    gained: frozenset[TopicPartition]


NO_CHANGES = Changes(frozenset(), frozenset())


class Consumer(Protocol):
    """One static member of a consumer group.

    Made with: isolation level read_committed, no automatic commits, offset reset to the earliest, cooperative
    sticky assignment, the group instance id `member`. It joins with its first `poll`.
    """

    def poll(self, max_records: int, timeout: float) -> list[Record]:
        """Wait at most `timeout` seconds for the first of at most `max_records` records.

        Grouped by partition, in offset order within each. Serves rebalances, which end up in
        `changes`; records may come from partitions gained by this very call. Raises FencedError once
        another member took this one's name, and then at every call.
        """

    def settle(self, timeout: float) -> None:
        """Finish a rebalance that this member has already joined, without fetching; it ends up in
        `changes`. Cheap where there is none; after `timeout` it is left as it is.

        Once the others are through with it, the brokers accept the newer generation only.
        """

    def changes(self) -> Changes:
        """How the assignment changed since the last call of this method. Cheap when it did not."""

    def seek(self, tp: TopicPartition, offset: int) -> None:
        """Let the next poll read `tp`, which is assigned, from `offset`; drop what was fetched ahead."""

    def committed(self, tp: TopicPartition, timeout: float) -> Committed | None:
        """The group's position; waits for transactions that hold a newer one (require_stable)."""

    def member_id(self) -> str | None:
        """The id that the coordinator gave this member last; None before it has joined."""

    def keep_alive(self) -> None:
        """Count as a sign of life like `poll` does (from any thread).

        Without `poll` or this for the session timeout, the member leaves the group, or stops its
        heartbeats so that the coordinator removes it; the next poll joins again.
        """

    def close(self) -> None:
        """Leave the group at once, although the membership is static. Never raises, waits a few
        seconds at most, does not touch a newer member of the same name."""


class Producer(Protocol):
    """A transactional, idempotent producer with a transactional id of its own.

    After an error of `produce`, `send_offsets` or `commit`, only `abort` may be tried; if that raises too, or
    after any other error (but Unavailable from `init`), it is of no more use but to be closed.
    """

    def init(self, timeout: float) -> None:
        """Fence older producers of this transactional id and settle their open transaction: complete it
        if its end was decided, abort it otherwise. May be called again after Unavailable."""

    def begin(self) -> None:
        """Start a transaction."""

    def produce(
        self,
        records: Sequence[Outgoing],
        partitions: Mapping[str, int],
        note: Noted | None = None,
    ) -> None:
        """Add records to the transaction; returns before they are written (faults come with `commit`).

        note: hears of every record before `commit` returns in good order, from any thread.

        partitions: how many partitions each of their topics has. A record without a partition goes where
        Kafka's default partitioner puts its key (murmur2), or to any partition, spread evenly
        record by record, if it has no key (None). Topic, partition and size were checked.
        May wait for room in the send buffer.
        """

    def send_offsets(
        self, offsets: Mapping[TopicPartition, Committed], consumer: Consumer, timeout: float
    ) -> None:
        """Add positions of the consumer's group to the transaction (never empty).

        With the full group metadata (member, generation, instance: KIP-447) as of the consumer's last
        `poll` or `settle`: not as of now, or a member thrown out meanwhile would commit unfenced.
        """

    def commit(self, timeout: float) -> None:
        """Commit what was produced and sent. After Unavailable the outcome is unknown, until the `init` of
        the next producer with this transactional id has settled it."""

    def abort(self, timeout: float) -> None:
        """Abort the transaction; afterwards `begin` works again. Raises, at once, where the producer is
        fenced or the outcome of `commit` is unknown."""

    def close(self) -> None:
        """Drop what is not sent, and disconnect. Never raises, waits a few seconds at most."""


class Reader(Protocol):
    """A read_committed consumer without a group, on one partition at a time."""

    def seek(self, tp: TopicPartition, offset: int) -> None:
        """Read `tp` from `offset` from now on (the earliest record if that was deleted)."""

    def poll(self, timeout: float) -> list[Record]:
        """Wait at most `timeout` seconds for the next records; a convenient number, in offset order."""

    def position(self) -> int:
        """The offset behind everything that was passed so far: records, aborted ones, transaction markers,
        gaps of compaction. At the last stable offset it is that offset."""

    def close(self) -> None:
        """Disconnect. Never raises."""


class Admin(Protocol):
    """Topics, positions and groups, as the brokers know them now. Safe to share between threads."""

    def topic_names(self) -> list[str]:
        """Every topic but the brokers' own (`__*`)."""

    def partitions(self, topics: Collection[str]) -> dict[str, int]:
        """How many partitions these topics have; without those that do not exist."""

    def configs(self, topics: Collection[str]) -> dict[str, dict[str, str]]:
        """Topic -> configuration in force, defaults included. Raises UnknownTopic."""

    def create(
        self, topic: str, partitions: int, replication: int, configs: Mapping[str, str]
    ) -> bool:
        """Create a topic and wait until every partition has a leader; False if it existed.

        replication: -1 for the cluster's default.
        """

    def alter(self, topic: str, configs: Mapping[str, str]) -> None:
        """Set these of a topic's configurations, leaving the others."""

    def bounds(self, tps: Collection[TopicPartition]) -> dict[TopicPartition, tuple[int, int]]:
        """The first kept offset and the high watermark of each partition. Raises UnknownTopic."""

    def stable_end(self, tp: TopicPartition) -> int:
        """The last stable offset: where the first open transaction begins, or the high watermark. Raises
        UnknownTopic."""

    def committed(self, group: str) -> dict[TopicPartition, Committed]:
        """Every position of a group, waiting for transactions that hold newer ones; the very first of a
        partition may be left out until its transaction is through."""

    def member_id(self, group: str, member: str) -> str | None:
        """The id of the member with the group instance id `member`, or None if there is none."""

    def message_limit(self) -> int:
        """The brokers' limit of one record batch, in bytes (message.max.bytes)."""

    def close(self) -> None:
        """Disconnect. Never raises."""


class Client(Protocol):
    """A client library, told where the brokers are and how to connect (KafkaOptions).

    Every method makes an object that owns its connections; it may wait for the brokers, and raise
    Unavailable.
    """

    def consumer(
        self, group: str, topics: Sequence[str], member: str, session_timeout: float
    ) -> Consumer:
        """A member of a group; it does not join before its first poll."""

    def producer(self, transactional_id: str) -> Producer:
        """A producer; the caller calls `init` first."""

    def reader(self) -> Reader:
        """A reader."""

    def admin(self) -> Admin:
        """An admin."""
