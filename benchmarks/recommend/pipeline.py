"""The recommender as a task on an SQLite log: events a second to commit, freshness, and how soon it answers again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from benchmarks.recommend.crowd import Crowd, user_name
from benchmarks.recommend.shop import Shop, event, opened_shop, until
from models.recommend.records import Request
from stream.live.follower import Follower
from stream.live.shared import SharedStates
from stream.runtime.options import RunnerOptions
from stream.transports import Transport

CROWD = Crowd(users=10_000, items=10_000)


def throughput(n: int) -> dict[str, float]:
    """Events a second from a filled log to commit, in one process; the first quarter is not counted."""
    with opened_shop(CROWD) as shop, shop.opened() as log:
        shop.append(log, n)
        running = shop.worker()
        running.worker.start()
        running.reached(n // 4)
        first, begin = running.consumed(), time.perf_counter()
        running.reached(n)
        rate = (n - first) / (time.perf_counter() - begin)
        running.stop()
    return {"end to end on SQLite, events/s": rate}


def freshness(before: int, n: int) -> dict[str, float]:
    """From the call that appends an interaction until a follower, as the API has it, answers by it."""
    waits = []
    with opened_shop(CROWD) as shop, shop.opened() as log:
        shop.append(log, before)
        running = shop.worker()
        running.worker.start()
        running.reached(before)
        with followed(shop, log) as states:
            for i in range(n):
                user, item = CROWD.users + i, i % CROWD.items
                begin = time.perf_counter()
                log.append([event(user, item, before + i)])
                until(lambda user=user: _because(states, user_name(user)) is not None)
                waits.append((time.perf_counter() - begin) * 1000.0)
        running.stop()
    middle, high = np.percentile(waits, [50, 99])
    return {
        "event to changed recommendation, p50 ms": float(middle),
        "event to changed recommendation, p99 ms": float(high),
    }


def restart(users: int, items: int, each: int) -> dict[str, float]:
    """From a start to the first answer: a follower's and a worker's, behind a clean stop."""
    crowd = Crowd(users=users, items=items)
    with opened_shop(crowd) as shop, shop.opened() as log:
        shop.append(log, users * each)
        running = shop.worker()
        running.worker.start()
        running.reached(users * each)
        running.stop()
        begin = time.perf_counter()
        with followed(shop, log) as states:
            assert _because(states, user_name(0)) is not None
            answered = time.perf_counter() - begin
        again = shop.worker()
        begin = time.perf_counter()
        again.worker.start()
        until(again.ready)
        ready = time.perf_counter() - begin
        again.worker.abandon()
        again.worker.join()
    name = f"restart with {users} users and {items} items"
    return {f"{name}, first answer, s": answered, f"{name}, worker ready, s": ready}


@contextmanager
def followed(shop: Shop, log: Transport) -> Iterator[SharedStates]:
    """The live state of a follower, once it answers."""
    follower = Follower(shop.task, log, RunnerOptions(batch_size=1000))
    states = SharedStates(follower, shop.task.inputs[0])
    follower.start()
    try:
        until(lambda: bool(follower.held()))
        yield states
    finally:
        follower.close()


def _because(states: SharedStates, user: str) -> str | None:
    """The item for which something is recommended to a user; None while nothing is known of the user."""
    with states.whole() as owned:
        answer = owned.state.recommender.recommend(Request(user))  # type: ignore[attr-defined]  # a recommender's
    return next((one.because for one in answer if one.because is not None), None)
