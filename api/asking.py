"""Asking a shared state: in the event loop where that needs no waiting, else in a thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from starlette.concurrency import run_in_threadpool

from models.recommend.recommender import Recommender
from stream.live.shared import SharedStates
from stream.runtime.partition import OwnedPartition
from stream.tasks.protocol import PartitionState
from stream.tasks.recommend import RecommendState

T = TypeVar("T")
Question = Callable[[OwnedPartition], T]


async def ask(
    states: SharedStates, question: Question[T], after: int | None = None, wait: float = 0.0
) -> T:
    """The answer of a state that stands still meanwhile and holds the offset `after`.

    The question must be short: nothing else is answered in the meantime. Raises LiveStateError.
    """
    owned = states.at_once(after)
    if owned is None:
        return await run_in_threadpool(_patiently, states, question, after, wait)
    try:
        return question(owned)
    finally:
        owned.turn.release()


def _patiently(states: SharedStates, question: Question[T], after: int | None, wait: float) -> T:
    with states.whole(after, wait) as owned:
        return question(owned)


def recommender_of(state: PartitionState) -> Recommender:
    """The recommender in a task's state."""
    assert isinstance(state, RecommendState)
    assert isinstance(state.recommender, Recommender)
    return state.recommender
