from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.runtime.schedule import SnapshotSchedule


def batches(chance, length, keys):
    """Batches of random size, each with the first offset at which it changed which key."""
    offset = 0
    for size in length:
        touched = chance.draw(st.lists(st.integers(0, keys - 1), max_size=min(size, 20)))
        changed: dict[bytes, int] = {}
        for at, key in enumerate(touched):
            changed.setdefault(b"%d" % key, offset + at)
        offset += size
        yield changed, offset, size


@given(
    st.data(), st.integers(1, 100), st.lists(st.integers(1, 60), max_size=30), st.integers(1, 40)
)
def test_no_key_waits_longer_than_the_bound(chance, every, length, keys):
    schedule, model = SnapshotSchedule(every), dict[bytes, int]()
    for changed, committed, size in batches(chance, length, keys):
        schedule.changed(changed)
        for key, at in changed.items():
            model.setdefault(key, at)
        taken = schedule.take(committed, size)
        assert len(set(taken)) == len(taken)
        for key in taken:
            del model[key]
        assert len(schedule) == len(model)
        assert schedule.replay_from(committed) == min(model.values(), default=committed)
        assert committed - schedule.replay_from(committed) < every
        assert sum(count for _, count in schedule._buckets) == len(model)
    assert set(schedule.take_oldest(10**6)) == set(model)
    assert len(schedule) == 0


@pytest.mark.parametrize(
    ("keys", "every", "size"), [(200, 2000, 500), (1000, 2000, 50), (3, 1000, 10), (640, 100, 7)]
)
def test_busy_keys_are_spread_evenly(keys, every, size):
    """Every key changes in every batch: no batch writes more than its share, or less."""
    schedule, written = SnapshotSchedule(every), list[int]()
    for batch in range(6 * every // size):
        schedule.changed({b"%d" % key: batch * size for key in range(keys)})
        written.append(len(schedule.take((batch + 1) * size, size)))
    share = keys * size / every
    assert max(written) <= 1.1 * share + 2
    assert sum(written) <= (len(written) + every / size) * share * 1.1


@pytest.mark.parametrize("size", [1, 10, 100])
def test_keys_that_changed_together_and_then_fell_silent_are_spread_evenly(size):
    schedule, written = SnapshotSchedule(1000), list[int]()
    schedule.changed({b"%d" % key: 0 for key in range(500)})
    for batch in range(1000 // size):
        written.append(len(schedule.take((batch + 1) * size, size)))
    assert sum(written) == 500
    assert max(written) <= size * 500 / 1000 + 2


def test_a_lone_key_is_written_once_in_its_time():
    schedule = SnapshotSchedule(100)
    schedule.changed({b"a": 5})
    taken = [at for at in range(6, 200) if schedule.take(at, 1)]
    assert taken == [105]


@given(st.data(), st.lists(st.integers(1, 60), max_size=20))
def test_what_is_removed_is_not_due(chance, length):
    schedule, model = SnapshotSchedule(50), dict[bytes, int]()
    for changed, committed, size in batches(chance, length, 10):
        schedule.changed(changed)
        for key, at in changed.items():
            model.setdefault(key, at)
        gone = chance.draw(st.sampled_from([b"%d" % key for key in range(10)]))
        schedule.remove(gone)
        model.pop(gone, None)
        for key in schedule.take(committed, size):
            del model[key]
        assert len(schedule) == len(model)
        assert schedule.replay_from(committed) == min(model.values(), default=committed)
        assert sum(count for _, count in schedule._buckets) == len(model)
        assert all(count > 0 for _, count in schedule._buckets)
