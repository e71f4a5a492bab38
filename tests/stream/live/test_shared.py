"""Asking a shared state: at once where that needs no waiting, else with patience."""

from __future__ import annotations

from threading import Event, Thread

import pytest

from stream.live.errors import HeldElsewhere, OffsetNotReached, StateRestoring
from stream.live.follower import Follower
from stream.live.shared import SharedStates
from stream.runtime.options import RunnerOptions
from tests.stream.runtime.harness import filled
from tests.stream.runtime.toy import ToyTask

TASK = ToyTask(1)


@pytest.fixture
def follower() -> Follower:
    follower = Follower(TASK, filled(TASK, 100), RunnerOptions(batch_size=10))
    follower.refresh()
    return follower


@pytest.fixture
def states(follower: Follower) -> SharedStates:
    return SharedStates(follower, "events")


def test_an_idle_state_is_had_at_once_and_held(states: SharedStates) -> None:
    owned = states.at_once()
    assert owned is not None
    assert owned.offset == 100
    assert at_once_elsewhere(states) is None
    owned.turn.release()
    assert at_once_elsewhere(states) is owned


def at_once_elsewhere(states: SharedStates) -> object:
    """What another thread gets; it gives it back."""
    found: list[object] = []

    def ask() -> None:
        owned = states.at_once()
        found.append(owned)
        if owned is not None:
            owned.turn.release()

    thread = Thread(target=ask)
    thread.start()
    thread.join()
    return found[0]


def test_at_once_is_not_for_what_has_not_come(states: SharedStates) -> None:
    assert states.at_once(100) is None
    owned = states.at_once(99)
    assert owned is not None
    owned.turn.release()
    assert at_once_elsewhere(states) is owned


def test_patience_outlasts_a_state_at_work(states: SharedStates) -> None:
    working, done = Event(), Event()

    def work() -> None:
        with states.whole() as owned:
            working.set()
            done.wait(30)
            owned.pass_over(105)

    thread = Thread(target=work)
    thread.start()
    working.wait(30)
    assert states.at_once() is None
    done.set()
    with states.whole(104, 10.0) as owned:
        assert owned.offset == 105
    thread.join()


def test_what_does_not_come_is_told(states: SharedStates) -> None:
    with pytest.raises(OffsetNotReached, match="must hold offset 100"), states.whole(100):
        pass


def test_a_state_that_is_half_changed_is_not_asked(
    states: SharedStates, follower: Follower
) -> None:
    (owned,) = follower.held().values()
    owned.sound = False
    assert states.at_once() is None
    with pytest.raises(StateRestoring), states.whole():
        pass


def test_without_a_source_the_state_is_elsewhere() -> None:
    states = SharedStates(None, "events")
    assert states.at_once() is None
    for after in (None, 3):
        with pytest.raises(HeldElsewhere, match=r"api\.follow"), states.whole(after):
            pass


def test_what_is_not_there_yet_is_being_restored() -> None:
    follower = Follower(TASK, filled(TASK, 100), RunnerOptions())
    with pytest.raises(StateRestoring), SharedStates(follower, "events").whole():
        pass
