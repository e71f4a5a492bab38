"""However the log is cut, and wherever a life ends: the same outputs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.codec.kinds import Kind
from stream.records import Record
from stream.tasks.protocol import Output, Piece
from stream.tasks.recommend import RecommendTask
from tests.stream.tasks.recommend.shop import (
    SOURCES,
    click,
    opened,
    pieces_of,
    read,
    restored,
    sequenced,
    task,
)

CHANGES = ["{every: null}", "{every: 5s}", "{every: 1h, n: 1}", "null"]


@cache
def made(change: str) -> RecommendTask:
    return task(SOURCES + f"            on_change: {change}")


kinds = st.sampled_from(["view"] * 6 + ["buy", "impression", "dislike", "debug", "unknown"])
interactions = st.tuples(
    st.just("click"), st.sampled_from("abc"), st.sampled_from("wxyz"), kinds, st.integers(-4, 9)
)
others = st.tuples(
    st.sampled_from(["item", "gone", "request", "forget", "nonsense"]),
    st.sampled_from("abc"),
    st.sampled_from("wxyz"),
    st.just(""),
    st.just(0),
)
logs = st.lists(
    st.one_of(interactions, interactions, interactions, others), min_size=15, max_size=60
)


def log_of(steps: Sequence[tuple[str, str, str, str, int]]) -> list[Record]:
    time, records = 0.0, []
    for offset, (what, user, item, did, ahead) in enumerate(steps):
        time += ahead
        if what == "click":
            one = sequenced(offset, Kind.INTERACTION, click(offset, user, item, did, time))
        elif what == "item":
            value: dict[str, object] = {"categories": [user], "at": 1_714_564_800 + offset}
            one = sequenced(offset, Kind.ITEM, read("films", offset, item.encode(), value))
        elif what == "gone":
            one = sequenced(offset, Kind.ITEM, read("films", offset, item.encode(), None))
        elif what == "request":
            one = sequenced(offset, Kind.REQUEST, read("wishes", offset, None, {"user": user}))
        elif what == "forget":
            one = sequenced(offset, Kind.USER, read("accounts", offset, user.encode(), None))
        else:
            one = sequenced(offset, "nonsense", read("films", offset, None, None))
        records.append(one)
    return records


def undisturbed(change: str, log: Sequence[Record]) -> list[Output]:
    return opened(made(change)).process(log).outputs


@pytest.mark.parametrize("change", CHANGES)
@given(steps=logs, cuts=st.lists(st.integers(1, 20), min_size=1))
@settings(max_examples=40)
def test_the_cut_into_batches_leaves_no_trace(
    change: str, steps: list[tuple[str, str, str, str, int]], cuts: list[int]
) -> None:
    log = log_of(steps)
    state, outputs, at = opened(made(change)), [], 0
    for size in [*cuts, len(log)]:
        outputs += state.process(log[at : at + size]).outputs
        at += size
    assert outputs == undisturbed(change, log)


@pytest.mark.parametrize("change", CHANGES)
@given(steps=logs, ends=st.lists(st.integers(0, 60), min_size=1, max_size=25))
@settings(max_examples=40)
def test_a_restart_anywhere_leaves_no_trace(
    change: str, steps: list[tuple[str, str, str, str, int]], ends: list[int]
) -> None:
    log = log_of(steps)
    state, outputs, checkpoints, at = opened(made(change)), [], list[list[Piece]](), 0
    for end in [*sorted(min(end, len(log)) for end in ends), len(log)]:
        outputs += state.process(log[at:end]).outputs
        checkpoints.append(pieces_of(state))
        state = restored(made(change), checkpoints, end)
        at = end
    assert outputs == undisturbed(change, log)


@given(steps=logs, at=st.integers(0, 60))
def test_what_the_loaded_state_holds_already_is_ignored(
    steps: list[tuple[str, str, str, str, int]], at: int
) -> None:
    log = log_of(steps)
    at = min(at, len(log))
    whole = opened(made(CHANGES[1]))
    whole.process(log[:at])
    again = restored(made(CHANGES[1]), [pieces_of(whole)], at)
    assert again.process(log) == whole.process(log[at:])
