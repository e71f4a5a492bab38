"""Random operations on a log and its groups, next to a model of lists and dictionaries."""

from __future__ import annotations

import shutil
import tempfile

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from stream.errors import FencedError
from stream.records import Committed, Outgoing, TopicPartition
from stream.transports import TopicSpec
from stream.transports.partitioner import partition_of
from stream.transports.sqlite import SqliteTransport
from stream.transports.sqlite.session import SqliteSession
from tests.stream.transports.sqlite.conftest import Clock

PARTITIONS = 3
INPUTS = [TopicPartition("in", p) for p in range(PARTITIONS)]
OUTPUT = TopicPartition("out", 0)
TIMEOUT = 10.0
KEYS = st.sampled_from([b"a", b"b", b"c", b"d", None])


class Member:
    """A session, and where the model believes it to stand."""

    def __init__(self, name: str, session: SqliteSession, joined: float) -> None:
        self.name = name
        self.session = session
        self.alive_at = joined
        self.held: set[TopicPartition] = set()
        self.begun: dict[TopicPartition, int] = {}
        """Where the uncommitted part begins, per partition."""
        self.next: dict[TopicPartition, int] = {}
        self.replaced = False
        self.was_silent = False


class LogMachine(RuleBasedStateMachine):
    """Every successful commit of a partition begins where the last one ended: nothing is lost or
    doubled."""

    members = Bundle("members")

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.mkdtemp()
        self.clock = Clock()
        self.transport = SqliteTransport(f"sqlite:///{self.folder}/log.db", clock=self.clock)
        self.transport.ensure_topic(TopicSpec("in", PARTITIONS))
        self.transport.ensure_topic(TopicSpec("out"))
        self.log: dict[TopicPartition, list[bytes | None]] = {tp: [] for tp in [*INPUTS, OUTPUT]}
        self.committed: dict[TopicPartition, int] = {}
        self.live: list[Member] = []
        self.serial = 0

    @rule(keys=st.lists(KEYS, max_size=8))
    def append(self, keys: list[bytes | None]) -> None:
        records = []
        for key in keys:
            turn = sum(len(self.log[tp]) for tp in INPUTS)
            partition = turn % PARTITIONS if key is None else partition_of(key, PARTITIONS)
            records.append(Outgoing("in", key, self.new_value(), timestamp=0))
            self.log[INPUTS[partition]].append(records[-1].value)
        self.transport.append(records)

    @rule(target=members, name=st.sampled_from(["m1", "m2", "m3"]))
    def join(self, name: str) -> Member:
        session = self.transport.session("g", ["in"], member=name, session_timeout=TIMEOUT)
        for other in self.live:
            other.replaced |= other.name == name
        member = Member(name, session, self.clock.now)
        self.live.append(member)
        return member

    @rule(member=members, limit=st.integers(1, 6))
    def poll(self, member: Member, limit: int) -> None:
        try:
            polled = member.session.poll(limit, 0.0)
        except FencedError:
            assert member.replaced
            return
        if member.replaced:
            self.take_name_back(member)
        member.was_silent = False
        member.alive_at = self.clock.now
        assert not polled.records or not (polled.lost or polled.gained)
        assert polled.lost <= member.held
        member.held = (member.held - polled.lost) | polled.gained
        assert member.held == member.session.assignment()
        for tp in polled.gained:
            member.begun[tp] = member.next[tp] = self.committed.get(tp, 0)
        assert len(polled.records) <= limit
        for record in polled.records:
            tp = TopicPartition(record.topic, record.partition)
            assert tp in member.held
            assert record.offset == member.next[tp]
            assert record.value == self.log[tp][record.offset]
            member.next[tp] += 1

    @rule(member=members, wanted=st.sets(st.sampled_from(INPUTS)), outputs=st.integers(0, 3))
    def commit(self, member: Member, wanted: set[TopicPartition], outputs: int) -> None:
        tps = member.held & wanted
        values = [self.new_value() for _ in range(outputs)]
        session = member.session
        session.begin()
        for value in values:
            session.send(Outgoing("out", None, value))
        try:
            session.commit({tp: Committed(member.next[tp]) for tp in tps})
        except FencedError:
            session.abort()
            assert member.replaced or member.was_silent
            return
        assert not member.replaced
        member.was_silent = False
        member.alive_at = self.clock.now
        self.log[OUTPUT] += values
        for tp in tps:
            assert member.begun[tp] == self.committed.get(tp, 0)
            self.committed[tp] = member.begun[tp] = member.next[tp]

    @rule(member=members, tp=st.sampled_from(INPUTS))
    def seek_back(self, member: Member, tp: TopicPartition) -> None:
        if tp in member.held:
            member.session.seek(tp, member.begun[tp])
            member.next[tp] = member.begun[tp]

    @rule(member=members)
    def heartbeat(self, member: Member) -> None:
        member.session.heartbeat()
        member.alive_at = self.clock.now

    @rule(seconds=st.sampled_from([1.0, 4.0, 11.0]))
    def wait(self, seconds: float) -> None:
        self.clock.now += seconds
        for member in self.live:
            member.was_silent |= self.clock.now - member.alive_at > TIMEOUT

    @rule(member=consumes(members))
    def leave(self, member: Member) -> None:
        member.session.close()
        self.live.remove(member)

    @rule(member=consumes(members))
    def crash(self, member: Member) -> None:
        member.session._connection.close()
        self.live.remove(member)

    @rule()
    def settle(self) -> None:
        """After everybody has polled a few times, the partitions are spread evenly."""
        current = [member for member in self.live if not member.replaced]
        if not current:
            return
        self.wait(1.3 * TIMEOUT)  # whoever crashed is out
        for _ in range(4):
            for member in current:
                self.poll(member, 1)
        shares = [member.held for member in current]
        assert sorted(tp for share in shares for tp in share) == INPUTS
        assert max(map(len, shares)) - min(map(len, shares)) <= 1

    @invariant()
    def the_log_is_the_models(self) -> None:
        for tp, values in self.log.items():
            found = list(self.transport.read(tp, 0))
            assert [(r.offset, r.value) for r in found] == list(enumerate(values))
        positions = {tp: to.offset for tp, to in self.transport.committed("g").items()}
        assert positions == self.committed

    def take_name_back(self, member: Member) -> None:
        """Nobody told the replaced member before its successor had gone, so it may join again."""
        for other in self.live:
            if other.name == member.name and not other.replaced:
                assert other.was_silent
                other.replaced = True
        member.replaced = False

    def new_value(self) -> bytes:
        self.serial += 1
        return b"%d" % self.serial

    def teardown(self) -> None:
        for member in self.live:
            member.session.close()
        self.transport.close()
        shutil.rmtree(self.folder)


TestLog = LogMachine.TestCase
TestLog.settings = settings(
    max_examples=60,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
