"""Members that come, go and fall silent while others work."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from stream.records import Polled
from tests.stream.runtime.harness import Run, filled, outputs
from tests.stream.runtime.toy import PickyTask, ToyTask

TASK = ToyTask(partitions=3)


def expected():
    transport = filled(TASK)
    Run(TASK, transport)()
    return outputs(transport)


EXPECTED = expected()


class Member:
    """A runner that is moved by hand, so that turns of two of them can be nested."""

    def __init__(self, transport, name, snapshot_every):
        self._make = lambda: Run(
            TASK, transport, member=name, snapshot_every=snapshot_every, batch_size=30
        )
        self.run = self._make()
        self.session = None
        self.meanwhile = None
        self.mismatches = 0.0
        self.fenced = 0.0

    def turn(self):
        if self.session is None:
            self.session = self.run.runner._join()
            poll = self.session.poll

            def interrupted(max_records, timeout):
                polled = poll(max_records, timeout)
                interruption, self.meanwhile = self.meanwhile, None
                if interruption:
                    interruption()
                return polled

            self.session.poll = interrupted
        # A member without partitions is idle, for which its harness would have it stop.
        self.run.stop.clear()
        self.run.runner._turn(self.session)
        self._count()

    def interrupted_turn(self, other):
        """A turn in the middle of which the other takes one, or leaves."""
        self.meanwhile = other
        self.turn()
        self.meanwhile = None

    def leave(self):
        if self.session is not None:
            self.run.runner._leave()
        self._restart()

    def save_and_leave(self):
        if self.session is not None:
            self.run.runner._save(self.session)
        self.leave()

    def vanish(self):
        """Be gone without a word, as after a kill; the group notices."""
        if self.session is not None:
            self.session.close()
        self._restart()

    def _restart(self):
        self._count()
        self.session, self.run = None, self._make()

    def _count(self):
        self.mismatches += self.run.metric("cutstream_replay_mismatch_total")
        self.fenced += self.run.metric("cutstream_fenced_total")


ACTIONS = ("turn", "turn", "turn", "interrupted by turn", "interrupted by leave", "leave", "save")


def act(action, member, other):
    if action == "interrupted by turn":
        member.interrupted_turn(other.turn)
    elif action == "interrupted by leave":
        member.interrupted_turn(other.vanish)
    elif action == "leave":
        member.leave()
    elif action == "save":
        member.save_and_leave()
    else:
        member.turn()


@given(
    st.lists(st.tuples(st.sampled_from(ACTIONS), st.booleans()), max_size=40), st.integers(1, 80)
)
@settings(max_examples=80)
def test_no_coming_and_going_leaves_a_trace(actions, snapshot_every):
    transport = filled(TASK)
    members = [Member(transport, name, snapshot_every) for name in ("w1", "w2")]
    for action, first in actions:
        act(action, *(members if first else members[::-1]))
    for _ in range(60):
        members[0].turn()
        members[1].turn()
    assert outputs(transport) == EXPECTED
    assert [member.mismatches for member in members] == [0, 0]


def test_a_member_that_is_overtaken_is_fenced_and_rebuilds_what_it_keeps():
    transport = filled(TASK)
    first, second = Member(transport, "w1", 40), Member(transport, "w2", 40)
    for _ in range(3):
        first.turn()
    first.interrupted_turn(second.turn)
    assert first.fenced == 1
    restoring = [p for p in first.run.runner.status().partitions if p.restoring]
    assert restoring
    assert not first.run.runner.status().ready
    for _ in range(60):
        first.turn()
        second.turn()
    assert outputs(transport) == EXPECTED
    assert {p.partition for p in first.run.runner.status().partitions} == {0, 2}
    assert {p.partition for p in second.run.runner.status().partitions} == {1}


def test_a_partition_that_comes_back_untouched_keeps_its_state():
    transport = filled(TASK)
    first, second = Member(transport, "w1", 1000), Member(transport, "w2", 1000)
    for _ in range(3):
        first.turn()
    second.turn()
    first.turn()
    assert first.run.metric("cutstream_replayed_records_total") == 0


def test_a_partition_that_comes_back_advanced_by_another_is_rebuilt():
    transport = filled(TASK)
    first, second = Member(transport, "w1", 1000), Member(transport, "w2", 1000)
    for _ in range(3):
        first.turn()
    for _ in range(3):
        second.turn()
    second.leave()
    for _ in range(30):
        first.turn()
    assert first.run.metric("cutstream_replayed_records_total") > 0
    assert outputs(transport) == EXPECTED


def test_what_was_lost_is_not_exposed_any_more():
    transport = filled(TASK)
    first, second = Member(transport, "w1", 40), Member(transport, "w2", 40)

    def exposed():
        labels = {"task": "toy", "topic": "events", "partition": "1"}
        return first.run.registry.get_sample_value("cutstream_consumer_lag_records", labels)

    first.turn()
    first.turn()
    assert exposed() is not None
    second.turn()
    first.turn()
    assert exposed() is None


def test_a_poll_of_nothing_changes_nothing():
    transport = filled(TASK, count=0)
    member = Member(transport, "w1", 40)
    member.turn()
    before = member.run.runner.status()
    member.turn()
    assert member.run.runner.status() == before
    assert before.ready
    assert member.session.poll(1, 0.0) == Polled([])


def test_a_restore_that_is_overtaken_is_done_again():
    """As of a member that was stopped in the middle of one, while another went on with the partition."""
    transport = filled(TASK)
    sleeper = Member(transport, "sleeper", snapshot_every=20)
    other = Member(transport, "other", snapshot_every=20)

    def fall_asleep_in_a_restore():
        session = sleeper.session
        committed = session.committed

        def asleep(tp):
            found = committed(tp)
            session.committed = committed
            session.group.leave(session)
            for _ in range(5):
                other.turn()
            return found

        session.committed = asleep

    sleeper.interrupted_turn(fall_asleep_in_a_restore)
    assert outputs(transport)
    sleeper.turn()
    sleeper.leave()
    for _ in range(20):
        other.turn()
    assert outputs(transport) == EXPECTED


def test_a_partition_taken_over_while_it_is_rebuilt_is_let_go():
    task = PickyTask()
    transport = filled(task, 100, poison=0.2)
    first = Run(task, transport, batch_size=20)
    rebuild = first.runner._owned.rebuild
    others = []

    def overtaken(session, tp):
        committed = session.committed

        def told_too_soon(asked):
            found = committed(asked)
            if not others:
                others.append(Run(task, transport, batch_size=20, member="w1")())
            return found

        session.committed = told_too_soon
        return rebuild(session, tp)

    first.runner._owned.rebuild = overtaken
    first()
    assert first.metric("cutstream_fenced_total") == 1
    calm = filled(task, 100, poison=0.2)
    Run(task, calm)()
    assert [outputs(transport, topic) for topic in ("toy", "toy.dlq")] == [
        outputs(calm, topic) for topic in ("toy", "toy.dlq")
    ]
