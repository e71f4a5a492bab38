"""A transport in memory with groups, generations and fencing: the least that keeps the protocol."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from operator import attrgetter
from threading import RLock
from zlib import crc32

from stream.errors import FencedError
from stream.records import Appended, Committed, Outgoing, Polled, Record, TopicPartition
from stream.transports.protocol import TopicInfo, TopicSpec

offset_of = attrgetter("offset")


class Group:
    """Members in the order of their joining; a change of members is a new generation."""

    def __init__(self) -> None:
        self.members: dict[str, MemorySession] = {}
        self.offsets: dict[TopicPartition, Committed] = {}
        self.generation = 0

    def join(self, session: MemorySession) -> None:
        self.members.pop(session.member, None)
        self.members[session.member] = session
        self.generation += 1

    def leave(self, session: MemorySession) -> None:
        if self.members.get(session.member) is session:
            del self.members[session.member]
            self.generation += 1

    def share(self, session: MemorySession) -> frozenset[TopicPartition]:
        if self.members.get(session.member) is not session:
            return frozenset()
        place = list(self.members).index(session.member)
        everything = sorted(session.everything())
        return frozenset(everything[place :: len(self.members)])


class MemorySession:
    def __init__(
        self, transport: MemoryTransport, group: Group, topics: Sequence[str], member: str
    ) -> None:
        self.transport = transport
        self.group = group
        self.topics = topics
        self.member = member
        self.generation = -1
        self.owned: frozenset[TopicPartition] = frozenset()
        self.positions: dict[TopicPartition, int] = {}
        self.pending: list[Outgoing] | None = None
        self.heartbeats = 0

    def everything(self) -> list[TopicPartition]:
        specs = self.transport.specs
        return [TopicPartition(t, p) for t in self.topics for p in range(specs[t].partitions)]

    def poll(self, max_records: int, timeout: float) -> Polled:
        with self.transport.lock:
            if self.generation != self.group.generation:
                return self._rebalance()
            records: list[Record] = []
            for tp in sorted(self.owned):
                room = max_records - len(records)
                records += list(self.transport.read(tp, self.positions[tp]))[:room]
            for record in records:
                self.positions[TopicPartition(*record[:2])] = record.offset + 1
            return Polled(records)

    def _rebalance(self) -> Polled:
        if self.member not in self.group.members:
            self.group.join(self)
        share = self.group.share(self)
        # Everything is given up and given out anew, as under Kafka's eager protocol.
        polled = Polled([], lost=self.owned, gained=share)
        self.owned, self.generation = share, self.group.generation
        for tp in share:
            at = self.group.offsets.get(tp)
            first = self.transport.first[tp]
            self.positions[tp] = at.offset if at else first
        return polled

    def assignment(self) -> frozenset[TopicPartition]:
        return self.owned

    def committed(self, tp: TopicPartition) -> Committed | None:
        return self.group.offsets.get(tp)

    def seek(self, tp: TopicPartition, offset: int) -> None:
        assert tp in self.owned
        self.positions[tp] = offset

    def begin(self) -> None:
        assert self.pending is None
        self.pending = []

    def send(self, record: Outgoing) -> None:
        assert self.pending is not None
        self.pending.append(record)

    def commit(self, offsets: Mapping[TopicPartition, Committed]) -> None:
        assert self.pending is not None
        with self.transport.lock:
            if self.generation != self.group.generation:
                raise FencedError(f"The member {self.member!r} is of an old generation.")
            self.transport.append(self.pending)
            self.group.offsets.update(offsets)
        self.pending = None

    def abort(self) -> None:
        self.pending = None

    def heartbeat(self) -> None:
        self.heartbeats += 1

    def close(self) -> None:
        with self.transport.lock:
            self.group.leave(self)


class MemoryTransport:
    url = "memory://"

    def __init__(self) -> None:
        self.max_record_bytes: int | None = None
        self.lock = RLock()
        self.specs: dict[str, TopicSpec] = {}
        self.logs: dict[TopicPartition, list[Record]] = {}
        self.first: dict[TopicPartition, int] = {}
        self.groups: dict[str, Group] = {}
        self.retentions = 0

    def ensure_topic(self, spec: TopicSpec) -> None:
        with self.lock:
            if spec.name not in self.specs:
                self.specs[spec.name] = spec
                for partition in range(spec.partitions):
                    self.logs[TopicPartition(spec.name, partition)] = []
                    self.first[TopicPartition(spec.name, partition)] = 0

    def topics(self) -> dict[str, TopicInfo]:
        return {
            name: TopicInfo(
                spec,
                tuple(
                    (self.first[TopicPartition(name, p)], self.end(TopicPartition(name, p)))
                    for p in range(spec.partitions)
                ),
            )
            for name, spec in self.specs.items()
        }

    def end(self, tp: TopicPartition) -> int:
        log = self.logs[tp]
        return log[-1].offset + 1 if log else 0

    def append(self, records: Sequence[Outgoing]) -> list[Appended]:
        places = []
        with self.lock:
            for topic, key, value, headers, timestamp, wanted in records:
                chosen = crc32(key or b"") % self.specs[topic].partitions
                partition = chosen if wanted is None else wanted
                log = self.logs[TopicPartition(topic, partition)]
                largest = self.max_record_bytes
                assert largest is None or len(key or b"") + len(value or b"") <= largest
                end = self.end(TopicPartition(topic, partition))
                log.append(Record(topic, partition, end, timestamp or 0, key, value, headers))
                places.append(Appended(topic, partition, end))
        return places

    def read(
        self,
        tp: TopicPartition,
        start: int,
        stop: int | None = None,
        *,
        newest: bool = False,
    ) -> Iterator[Record]:
        log = self.logs[tp]
        # A copy, for the log may be compacted or written to while it is read.
        begin = bisect_left(log, max(start, self.first[tp]), key=offset_of)
        end = len(log) if stop is None else bisect_left(log, stop, key=offset_of)
        last = {record.key: record.offset for record in log[begin:end]}
        yield from (r for r in log[begin:end] if not newest or last[r.key] == r.offset)

    def readable(self, tp: TopicPartition) -> int:
        return self.end(tp)

    def committed(self, group: str) -> dict[TopicPartition, Committed]:
        return dict(self.groups[group].offsets) if group in self.groups else {}

    def session(
        self, group: str, topics: Sequence[str], *, member: str, session_timeout: float = 10.0
    ) -> MemorySession:
        with self.lock:
            session = MemorySession(self, self.groups.setdefault(group, Group()), topics, member)
            session.group.join(session)
            return session

    def apply_retention(self, now_ms: int) -> int:
        self.retentions += 1
        return 0

    def close(self) -> None:
        pass


class Crash(BaseException):
    """The process is gone."""


class Faults:
    """Counts calls, and raises at the one that was asked for: before its effect, or after it.

    only: count the calls of this method alone.
    """

    def __init__(
        self,
        at: int = -1,
        after: bool = False,
        *,
        error: BaseException | None = None,
        only: str | None = None,
    ) -> None:
        self.at = at
        self.after = after
        self.error = error or Crash()
        self.only = only
        self.calls = 0
        self.fired = False

    def call(self, name, function, *args, **kwargs):
        if self.fired and isinstance(self.error, Crash):
            raise Crash  # a dead process calls nothing more
        self.calls += self.only in (None, name)
        hit = self.calls == self.at and not self.fired
        self.fired |= hit
        if hit and not self.after:
            raise self.error
        result = function(*args, **kwargs)
        if hit:
            raise self.error
        return result


class Faulty:
    """A transport or session of which one call raises."""

    def __init__(self, inner: object, faults: Faults) -> None:
        self._inner = inner
        self._faults = faults

    def __getattr__(self, name):
        found = getattr(self._inner, name)
        if not callable(found):
            return found

        def called(*args, **kwargs):
            result = self._faults.call(name, found, *args, **kwargs)
            return Faulty(result, self._faults) if name == "session" else result

        return called
