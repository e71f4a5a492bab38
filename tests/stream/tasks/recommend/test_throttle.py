"""Who is told when, against the same written plainly."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.errors import CorruptState
from stream.tasks.recommend.throttle import SLOTS, Throttle

EVERY = 10.0


class Plain:
    """The rule as it is said: whoever changes is told at once, or when the time since the last telling is over."""

    def __init__(self) -> None:
        self.clock = float("-inf")
        self.told: list[tuple[float, str]] = []
        self.waiting: set[str] = set()

    def last(self, user: str) -> float:
        return max((at for at, who in self.told if who == user), default=float("-inf"))

    def passed(self, time: float) -> list[str]:
        if time <= self.clock:
            return []
        self.clock = time
        order = [who for _, who in self.told]
        due = [user for user in self.waiting if self.last(user) + EVERY <= time]
        due.sort(key=lambda user: len(order) - order[::-1].index(user))
        for user in due:
            self.tell(user)
        return due

    def changed(self, user: str, time: float) -> list[str]:
        due = self.passed(time)
        if self.last(user) + EVERY <= self.clock:
            self.tell(user)
            due.append(user)
        elif user not in due:
            self.waiting.add(user)
        return due

    def forget(self, user: str) -> None:
        self.told = [(at, who) for at, who in self.told if who != user]
        self.waiting.discard(user)

    def tell(self, user: str) -> None:
        self.told.append((self.clock, user))
        self.waiting.discard(user)


def restored(pieces: dict[bytes, tuple[int, bytes]], every: float = EVERY) -> Throttle:
    again = Throttle(every)
    for name, (_, state) in sorted(pieces.items(), key=lambda item: item[1][0]):
        again.load(name, state)
    again.loaded()
    return again


users = st.sampled_from("cabd")
# Changes of few users in quick succession: most of them wait, and several at a time.
changes = st.tuples(st.just("changed"), users, st.sampled_from([-3, 0, 0, 1, 1, 2, 5]))
events = st.one_of(
    st.tuples(st.just("passed"), users, st.sampled_from([0, 1, 9, 10])),
    st.tuples(st.just("forget"), users, st.just(0)),
    st.tuples(st.sampled_from(["checkpoint", "restart"]), users, st.just(0)),
)
steps = st.lists(st.one_of(changes, changes, changes, events), min_size=10, max_size=80)


@given(steps=steps)
@settings(max_examples=300)
def test_it_says_what_the_plain_rule_says_through_every_restart(
    steps: list[tuple[str, str, int]],
) -> None:
    real, plain, time = Throttle(EVERY), Plain(), 100.0
    pieces: dict[bytes, tuple[int, bytes]] = {}
    for number, (what, user, ahead) in enumerate(steps):
        time += ahead
        if what == "changed":
            assert real.changed(user, time) == plain.changed(user, time)
        elif what == "passed":
            assert real.passed(time) == plain.passed(time)
        elif what == "forget":
            real.forget(user)
            plain.forget(user)
        else:
            pieces |= {name: (number, state) for name, state in real.checkpoint()}
            if what == "restart":
                real = restored(pieces)


def test_it_remembers_nobody_longer_than_it_must() -> None:
    throttle = Throttle(EVERY)
    for at in range(1000):
        throttle.changed(f"u{at}", float(at))
    assert len(throttle) == 10


@pytest.mark.parametrize("restarts", [False, True])
def test_a_forgotten_user_is_in_no_piece_after_the_next_checkpoint(restarts: bool) -> None:
    throttle, pieces = Throttle(1e9), dict[bytes, tuple[int, bytes]]()
    for number in range(5):
        # What changes is written to another piece, and stays in the older one.
        throttle.changed("somebody" if number < 2 else f"other-{number}", float(number))
        pieces |= {name: (number, state) for name, state in throttle.checkpoint()}
    assert sum(b"somebody" in state for _, state in pieces.values()) == 2
    if restarts:
        throttle = restored(pieces, 1e9)
    throttle.forget("somebody")
    pieces |= {name: (5, state) for name, state in throttle.checkpoint()}
    assert not any(b"somebody" in state for _, state in pieces.values())
    again = restored(pieces, 1e9)
    assert len(again) == len(throttle) == 3
    assert again.changed("somebody", 6.0) == ["somebody"]
    assert [name for name, _ in again.checkpoint()] == [b"6"]


def test_a_checkpoint_writes_what_changed_and_a_share_of_the_rest() -> None:
    throttle = Throttle(1e9)
    for at in range(SLOTS * 100):
        throttle.changed(f"user-{at}", float(at))
        if at % 100 == 99:
            ((_, state),) = throttle.checkpoint()
            assert state.count(b"user-") == 100
    ((_, state),) = throttle.checkpoint()
    assert state.count(b"user-") == 100


@pytest.mark.parametrize(("name", "state"), [(b"x", b"\x94"), (b"0", b"nonsense"), (b"0", b"")])
def test_a_damaged_piece_is_refused(name: bytes, state: bytes) -> None:
    with pytest.raises(CorruptState, match="must be one"):
        Throttle(EVERY).load(name, state)
