from __future__ import annotations

from random import Random

import pytest

from models.detector.config import DetectorConfig
from models.errors import InvalidParameter
from stream.estimate import Workload, estimate
from stream.estimate.estimate import saved_per_event
from stream.runtime.schedule import SnapshotSchedule

CONFIG = DetectorConfig(features=("x",))


def workload(**given: object) -> Workload:
    parameters: dict[str, object] = {"name": "d", "config": CONFIG, "keys": 1_000} | given
    return Workload(**parameters)


@pytest.mark.parametrize(("keys", "every"), [(10, 500), (100, 1_000), (1_000, 1_000), (3_000, 500)])
def test_as_many_snapshots_are_written_as_the_schedule_asks_for(keys: int, every: int) -> None:
    draws, schedule, batch = Random(3), SnapshotSchedule(every), 50
    written, begin, end = 0, 4 * (every + keys), 24 * (every + keys)
    for at in range(0, end, batch):
        changed: dict[bytes, int] = {}
        for offset in range(at, at + batch):
            changed.setdefault(b"%d" % draws.randrange(keys), offset)
        schedule.changed(changed)
        taken = schedule.take(at + batch, batch)
        written += len(taken) if at >= begin else 0
    assert saved_per_event(keys, every) == pytest.approx(written / (end - begin), rel=0.05)


def test_everything_is_the_sum_of_its_keys() -> None:
    one = estimate(workload(records=500, rate=200.0, hot=0.25))
    assert one.key == one.curve[500]
    assert one.hot_keys == 250
    assert one.memory == 1_000 * one.key.memory + 250 * one.key.boxes
    assert one.stored == 2 * 1_000 * one.key.snapshot
    assert one.traffic_per_event == pytest.approx(one.key.snapshot / 11)
    assert one.traffic == pytest.approx(200.0 * one.traffic_per_event)


def test_no_more_keys_keep_boxes_than_the_cache_of_each_partition_has_room_for() -> None:
    boxes = estimate(workload()).key.boxes
    held = estimate(workload(partitions=3, box_cache=5 * boxes + 1))
    assert held.hot_keys == 15
    assert estimate(workload(box_cache=0)).hot_keys == 0
    assert estimate(workload(records=0)).hot_keys == 0


def test_partitions_have_their_share_of_the_keys_and_save_them_on_their_own() -> None:
    whole, parts = estimate(workload()), estimate(workload(partitions=10))
    assert parts.snapshots_per_event == pytest.approx(100 / 10_100)
    assert parts.snapshots_per_event < whole.snapshots_per_event
    assert whole.traffic is None


def test_a_key_costs_more_the_more_it_has_seen_and_ends_where_nothing_changes() -> None:
    curve = estimate(workload()).curve
    costs = list(curve.values())
    assert costs == sorted(costs)
    assert costs[0].memory < 0.15 * costs[-1].memory
    assert estimate(workload(records=10**9)).key.snapshot == pytest.approx(
        costs[-1].snapshot, rel=0.01
    )


@pytest.mark.parametrize(
    "given",
    [
        {"keys": 0},
        {"records": -1},
        {"rate": -1.0},
        {"partitions": 0},
        {"snapshot_every": 0},
        {"hot": 1.5},
        {"box_cache": -1},
    ],
)
def test_a_workload_is_checked(given: dict[str, object]) -> None:
    with pytest.raises(InvalidParameter, match=next(iter(given))):
        workload(**given)
