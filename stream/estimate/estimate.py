"""The estimate of one detector: a pure function of what it is to bear."""

from __future__ import annotations

from typing import NamedTuple

from models.detector.bank import DetectorBank
from models.detector.cost import KeyCost, key_cost
from models.forest.contents import steady
from stream.estimate.workload import Workload

CURVE = (10, 50, 200, 500, 2_000, 10_000)
"""Records of a key at which its cost is told, up to where it grows no more."""


class Estimate(NamedTuple):
    """Bytes, but for what is said otherwise."""

    curve: dict[int, KeyCost]
    """By records of a key; the last is where it grows no more."""
    key: KeyCost
    """Of a key as the workload has it."""
    hot_keys: int
    """Keys that keep boxes."""
    memory: int
    """Of all keys, boxes included."""
    stored: int
    """Of all snapshots on the log, which keeps the newest two of each key."""
    snapshots_per_event: float
    """How many snapshots are written per event."""
    traffic_per_event: float
    traffic: float | None
    """Per second; None where the rate is unknown."""


def estimate(workload: Workload) -> Estimate:
    """What a workload costs, but for the processor: see stream.estimate.speed."""
    bank = DetectorBank(workload.config)
    end = steady(bank.arena.config)
    curve = {n: key_cost(bank, n) for n in (*(n for n in CURVE if n < end), end)}
    key = curve[end] if workload.records is None else key_cost(bank, workload.records)
    room = workload.partitions * (workload.box_cache // key.boxes) if key.boxes else 0
    hot_keys = min(round(workload.hot * workload.keys), room)
    saved = saved_per_event(workload.keys / workload.partitions, workload.snapshot_every)
    return Estimate(
        curve=curve,
        key=key,
        hot_keys=hot_keys,
        memory=workload.keys * key.memory + hot_keys * key.boxes,
        stored=2 * workload.keys * key.snapshot,
        snapshots_per_event=saved,
        traffic_per_event=saved * key.snapshot,
        traffic=None if workload.rate is None else workload.rate * saved * key.snapshot,
    )


def saved_per_event(keys: float, snapshot_every: int) -> float:
    """Snapshots written per event of a partition in which so many keys speak equally often.

    A key that was saved speaks again after as many events as there are keys, on average, and is saved `snapshot_every`
    events after that.
    """
    return keys / (snapshot_every + keys)
