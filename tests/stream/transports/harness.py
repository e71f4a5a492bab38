"""A log as the contract tests use it: unique names, everything closed at the end, polls with a
deadline."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic
from typing import Any
from uuid import uuid4

from stream.records import Committed, Outgoing, Record, TopicPartition
from stream.transports import Session, TopicSpec, Transport

PATIENCE = 60.0


class Harness:
    """Topics and groups get unique names, since a broker outlives a test."""

    def __init__(self, transport_factory: Callable[[], Transport], short_timeout: float) -> None:
        self.short_timeout = short_timeout
        self.group = unique("group")
        self._factory = transport_factory
        self._sessions: list[Session] = []
        self._transports: list[Transport] = []
        self.transport = self.connect()

    def connect(self) -> Transport:
        """Another client of the same log."""
        transport = self._factory()
        self._transports.append(transport)
        return transport

    def topic(self, partitions: int = 1, **spec: Any) -> str:
        """Create a topic."""
        name = unique("topic")
        self.transport.ensure_topic(TopicSpec(name, partitions, **spec))
        return name

    def session(
        self,
        *topics: str,
        member: str = "m1",
        timeout: float = 30.0,
        group: str | None = None,
        transport: Transport | None = None,
    ) -> Session:
        """Join this test's group."""
        session = (transport or self.transport).session(
            group or self.group, topics, member=member, session_timeout=timeout
        )
        self._sessions.append(session)
        return session

    def joined(self, *topics: str, member: str = "m1", timeout: float = 30.0) -> Session:
        """Join this test's group as its only member, and wait for every partition."""
        session = self.session(*topics, member=member, timeout=timeout)
        everything = partitions_of(self.transport, *topics)
        poll_until([session], lambda: session.assignment() == everything)
        return session

    def outgoing(self, topic: str, value: bytes) -> Outgoing:
        """A keyless record."""
        return Outgoing(topic, None, value)

    def fill(self, topic: str, values: Sequence[bytes], partition: int | None = None) -> None:
        """Append keyless records."""
        self.transport.append([Outgoing(topic, None, v, partition=partition) for v in values])

    def everything(self, topic: str) -> list[Record]:
        """Every record of a topic, partition by partition."""
        tps = sorted(partitions_of(self.transport, topic))
        return [record for tp in tps for record in self.transport.read(tp, 0)]

    def values(self, topic: str) -> list[bytes | None]:
        """The values of every record of a topic."""
        return [record.value for record in self.everything(topic)]

    def close(self) -> None:
        """Close sessions, then transports."""
        for session in self._sessions:
            session.close()
        for transport in self._transports:
            transport.close()


def unique(kind: str) -> str:
    """A name that no other test uses."""
    return f"{kind}-{uuid4().hex[:12]}"


def partitions_of(transport: Transport, *topics: str) -> frozenset[TopicPartition]:
    """Every partition of these topics."""
    infos = transport.topics()
    return frozenset(
        TopicPartition(topic, p) for topic in topics for p in range(len(infos[topic].bounds))
    )


def poll_until(sessions: Sequence[Session], condition: Callable[[], bool]) -> list[Record]:
    """Poll all sessions in turn until the condition holds; return what they read."""
    records: list[Record] = []
    deadline = monotonic() + PATIENCE
    while not condition():
        assert monotonic() < deadline, "the condition did not come true in time"
        for session in sessions:
            records += session.poll(100, 0.02).records
    return records


def consume(session: Session, count: int, at_once: int = 100) -> list[Record]:
    """Poll until exactly `count` records were read."""
    records: list[Record] = []
    deadline = monotonic() + PATIENCE
    while len(records) < count:
        assert monotonic() < deadline, f"{len(records)} of {count} records arrived in time"
        records += session.poll(min(at_once, count - len(records)), 0.2).records
    return records


def after(records: Sequence[Record], metadata: str = "") -> dict[TopicPartition, Committed]:
    """The positions behind these records."""
    return {
        TopicPartition(r.topic, r.partition): Committed(r.offset + 1, metadata) for r in records
    }


def commit_copies(session: Session, records: Sequence[Record], target: str) -> None:
    """Copy records to `target` and commit behind them, as one transaction."""
    session.begin()
    for record in records:
        session.send(Outgoing(target, record.key, record.value, partition=0))
    session.commit(after(records))
