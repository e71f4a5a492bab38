"""A log that goes away and comes back: the runner waits, and nothing is lost or doubled."""

from __future__ import annotations

from threading import Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from stream.errors import FencedError, TransportError, TransportUnavailable, UnknownTopic
from stream.runtime.backoff import Backoff
from tests.conftest import wait_until
from tests.stream.runtime.harness import Run, filled, outputs, replay_length
from tests.stream.runtime.memory import Crash, Faults, Faulty
from tests.stream.runtime.toy import ToyTask

TASK = ToyTask(partitions=2)
TOPICS = ("toy", "toy.dlq")
SOON = {"retry_first": 0.0001, "retry_most": 0.001}
CALLS = {
    **dict.fromkeys(["poll", "begin", "send", "commit"], 3),
    **dict.fromkeys(["committed", "read", "topics"], 2),
    "session": 1,
}
"""Call -> the first time that it fails."""


def finished(transport):
    return {topic: outputs(transport, topic) for topic in TOPICS}


def undisturbed():
    transport = filled(TASK)
    Run(TASK, transport)()
    return finished(transport)


EXPECTED = undisturbed()


class Outage(Faults):
    """Calls from the `at`-th on fail, `long` of them; what `after` says holds for the first."""

    def __init__(self, at, long=1, after=False, only=None):
        super().__init__(at, after, only=only, error=TransportUnavailable("The log is away."))
        self.long = long

    def call(self, name, function, *args, **kwargs):
        if name in ("abort", "close", "assignment", "seek") or self.only not in (None, name):
            return function(*args, **kwargs)
        self.calls += 1
        if self.at <= self.calls < self.at + self.long:
            if self.after and not self.fired:
                function(*args, **kwargs)
            self.fired = True
            raise self.error
        return function(*args, **kwargs)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("call", CALLS)
def test_the_task_goes_on_when_the_log_is_back(call, after):
    if call == "send" and after:
        after = False  # a transaction that has taken a record and failed is aborted all the same
    transport = filled(TASK)
    outage = Outage(CALLS[call], long=3, after=after, only=call)
    run = Run(TASK, Faulty(transport, outage), **SOON)
    with capture_logs() as logs:
        run()
    assert outage.fired
    assert finished(transport) == EXPECTED
    assert run.metric("cutstream_log_unavailable_total") >= 1
    assert run.metric("cutstream_replay_mismatch_total") == 0
    assert any(entry["event"] == "log_unavailable" for entry in logs)
    assert (run.runner.status().phase, run.runner.status().error) == ("stopped", None)


@given(
    at=st.integers(1, 150),
    long=st.integers(1, 20),
    after=st.booleans(),
    batch_size=st.integers(1, 80),
    snapshot_every=st.integers(1, 120),
)
@settings(max_examples=100)
def test_outages_anywhere_leave_no_trace(at, long, after, batch_size, snapshot_every):
    transport = filled(TASK)
    options = {"batch_size": batch_size, "snapshot_every": snapshot_every, **SOON}
    # What fails after its effect is the commit, as no other call has an effect on the log.
    outage = Outage(at, long, after, only="commit" if after else None)
    run = Run(TASK, Faulty(transport, outage), **options)()
    assert run.metric("cutstream_replay_mismatch_total") == 0
    # Whatever of the state was saved is right: a successor begins with it.
    again = Run(TASK, transport, **options)()
    assert again.metric("cutstream_replay_mismatch_total") == 0
    assert finished(transport) == EXPECTED


def test_a_commit_that_went_through_after_all_is_not_done_again():
    transport = filled(TASK)
    run = Run(TASK, Faulty(transport, Outage(2, after=True, only="commit")), **SOON)()
    assert finished(transport) == EXPECTED
    assert run.metric("cutstream_replayed_records_total") == 0
    assert run.metric("cutstream_transactions_aborted_total", reason="unavailable") == 1


def test_a_commit_that_did_not_is_done_again_from_a_rebuilt_state():
    transport = filled(TASK)
    options = {"snapshot_every": 1000, **SOON}
    run = Run(TASK, Faulty(transport, Outage(3, only="commit")), **options)()
    assert finished(transport) == EXPECTED
    assert run.metric("cutstream_replayed_records_total") > 0


def test_states_that_ran_ahead_are_not_saved_at_the_end():
    transport = filled(TASK)
    run = Run(TASK, Faulty(transport, Outage(2, long=10**9, only="commit")), **SOON)
    wait = run.runner._stop.wait

    def stop_instead(seconds):
        run.stop.set()
        return wait(0)

    run.runner._stop.wait = stop_instead  # type: ignore[method-assign]  # replaced on purpose
    run()
    assert run.runner.status().phase == "stopped"
    Run(TASK, transport)()
    assert finished(transport) == EXPECTED


def test_a_log_that_is_away_is_told_and_a_stop_does_not_wait_for_it():
    transport = filled(TASK)
    outage = Outage(3, long=10**9, only="poll")
    run = Run(TASK, Faulty(transport, outage), retry_first=60.0, retry_most=60.0)
    thread = Thread(target=run)
    thread.start()
    try:
        wait_until(lambda: run.runner.status().phase == "waiting")
        status = run.runner.status()
        assert status.error == "The log is away."
        assert not status.ready
    finally:
        run.stop.set()
        thread.join(10.0)
    assert not thread.is_alive()
    assert run.runner.status().phase == "stopped"
    Run(TASK, transport)()
    assert finished(transport) == EXPECTED


def test_a_last_save_that_fails_leaves_a_replay():
    transport = filled(TASK)
    # The sixth transaction is the first that has nothing but snapshots.
    outage = Outage(7, long=10**9, only="begin")
    with capture_logs() as logs:
        Run(TASK, Faulty(transport, outage), snapshot_every=1000, **SOON)()
    assert "state_not_saved" in [entry["event"] for entry in logs]
    assert finished(transport) == EXPECTED
    assert replay_length(transport, TASK) > 0


def test_a_session_that_cannot_even_abort_is_left_and_joined_anew():
    transport = filled(TASK)
    session = transport.session
    joined = []

    def broken_once(*args, **kwargs):
        found = session(*args, **kwargs)
        joined.append(found)
        if len(joined) == 1:
            found.commit = found.abort = away
        return found

    transport.session = broken_once
    Run(TASK, transport, **SOON)()
    assert len(joined) == 2
    assert finished(transport) == EXPECTED


def away(*_):
    raise TransportUnavailable("The log is away.")


def test_a_newer_member_of_the_same_name_ends_this_one():
    transport = filled(TASK)
    error = FencedError("A newer member took the name 'w1'.")
    run = Run(TASK, Faulty(transport, Faults(3, error=error, only="poll")))
    with pytest.raises(FencedError, match="took the name 'w1'"):
        run()
    status = run.runner.status()
    assert (status.phase, status.error) == ("failed", "A newer member took the name 'w1'.")


def test_a_topic_that_is_deleted_under_it_ends_the_run_with_a_sentence():
    transport = filled(TASK)
    lost = transport.topics

    def without_events():
        return {name: info for name, info in lost().items() if name != "events"}

    transport.topics = without_events
    with pytest.raises(UnknownTopic, match="The topic 'events' must exist, got no such topic"):
        Run(TASK, transport)()
    transport.topics = lost
    Run(TASK, transport, polls=3, graceful=False)()

    def with_fewer_partitions():
        return {name: info._replace(bounds=info.bounds[:1]) for name, info in lost().items()}

    transport.topics = with_fewer_partitions
    with pytest.raises(UnknownTopic, match="must have a partition 1, got 1 partitions"):
        Run(TASK, transport)()
    transport.topics = lost
    Run(TASK, transport)()
    assert finished(transport) == EXPECTED


def test_another_error_of_the_log_ends_the_run():
    transport = filled(TASK)
    faults = Faults(3, error=TransportError("The log is wrong."), only="commit")
    run = Run(TASK, Faulty(transport, faults))
    with pytest.raises(TransportError, match="The log is wrong"):
        run()
    assert run.metric("cutstream_transactions_aborted_total", reason="error") == 1
    Run(TASK, transport)()
    assert finished(transport) == EXPECTED


def test_crashes_amid_an_outage_leave_no_trace():
    for at in range(1, 40, 3):
        transport = filled(TASK)
        outage = Outage(at, long=5)
        crash = Faulty(Faulty(transport, outage), Faults(at + 7))
        with pytest.raises(Crash):
            Run(TASK, crash, **SOON)()
        Run(TASK, transport)()
        assert finished(transport) == EXPECTED


@given(st.floats(0.01, 1.0), st.floats(1.0, 10.0), st.integers(1, 20))
def test_pauses_grow_to_their_bound_and_begin_anew(first, most, tries):
    backoff = Backoff(first, most)
    bound = first
    for _ in range(tries):
        pause = backoff.pause()
        assert bound / 2 <= pause <= bound
        bound = min(2 * bound, most)
    backoff.reset()
    assert backoff.pause() <= first
