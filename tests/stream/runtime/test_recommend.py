"""A recommender's task, crashed anywhere: the outputs are those of an undisturbed run."""

from __future__ import annotations

import json
import random
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.records import Outgoing, TopicPartition
from stream.settings import loads
from stream.tasks.recommend import RecommendTask, sequence_tasks
from tests.stream.runtime.harness import Run, compacted, outputs
from tests.stream.runtime.memory import Crash, Faults, Faulty, MemoryTransport
from tests.stream.tasks.recommend.fakes import BAD, CountingRecommender

TOPICS = ("shop", "shop.metrics", "shop.dlq")


def task(every: int) -> RecommendTask:
    settings = loads(
        f"""
        recommenders:
          shop:
            input: {{topic: clicks, user: who, item: what, type: did, timestamp: at}}
            types: {{view: 1, impression: seen, "*": 2}}
            output: {{topic: shop, partitions: 3}}
            on_change: {{every: 20s, n: 3}}
            metrics: {{topic: shop.metrics, every: 25}}
            dead_letters: {{topic: shop.dlq}}
            snapshots: {{topic: shop.snapshots, every: {every}}}
        """
    )
    return RecommendTask(settings, "shop", CountingRecommender)


def clicks(count: int, bad: float = 0.0) -> list[Outgoing]:
    chance, time, records = random.Random(1), 1_000.0, []
    for at in range(count):
        time += chance.choice((-2, 0, 1, 1, 5, 30))
        user, item = f"u{chance.randrange(8)}", f"i{chance.randrange(12)}"
        did = chance.choice(("view", "view", "impression", "buy"))
        item = BAD if chance.random() < bad else item
        value: bytes | None = json.dumps(
            {"who": user, "what": item, "did": did, "at": time}
        ).encode()
        fate = chance.random()
        if fate < 0.05:
            value = None
        elif fate < 0.1:
            value = b"nonsense"
        records.append(Outgoing("clicks", user.encode(), value, (), 1_000 + at))
    return records


def filled(every: int, bad: float = 0.0) -> MemoryTransport:
    transport = MemoryTransport()
    for spec in task(every).topics:
        transport.ensure_topic(spec)
    transport.append(clicks(200, bad))
    return transport


def finished(transport: MemoryTransport) -> dict[str, object]:
    return {topic: outputs(transport, topic) for topic in TOPICS}


def undisturbed(bad: float = 0.0) -> dict[str, object]:
    transport = filled(60, bad)
    Run(task(60), transport)()
    return finished(transport)


EXPECTED, WITH_BAD = undisturbed(), undisturbed(0.05)
sizes = {"batch_size": st.integers(1, 80), "every": st.integers(1, 120)}
points = st.lists(st.tuples(st.integers(1, 250), st.booleans()), min_size=1, max_size=5)


def test_the_undisturbed_run_has_something_of_everything() -> None:
    for topic in TOPICS:
        transport = filled(60)
        Run(task(60), transport)()
        assert sum(map(len, outputs(transport, topic).values())) >= 5
    assert finished(transport) == EXPECTED


@given(points=points, graceful=st.booleans(), **sizes)
@settings(max_examples=40, deadline=None)
def test_a_crash_anywhere_leaves_no_trace(
    points: list[tuple[int, bool]], graceful: bool, batch_size: int, every: int
) -> None:
    transport = filled(every)
    for at, after in points:
        faulty = Faulty(transport, Faults(at, after))
        with suppress(Crash):
            Run(task(every), faulty, graceful=graceful, polls=4, batch_size=batch_size)()
        compacted(transport, "shop.snapshots")
    last = Run(task(every), transport, batch_size=batch_size)()
    assert finished(transport) == EXPECTED
    assert last.metric("cutstream_replay_mismatch_total") == 0


@given(points=points, **sizes)
@settings(max_examples=20, deadline=None)
def test_records_on_which_the_models_fail_are_refused(
    points: list[tuple[int, bool]], batch_size: int, every: int
) -> None:
    transport = filled(every, 0.05)
    for at, after in points:
        with suppress(Crash):
            faulty = Faulty(transport, Faults(at, after))
            Run(task(every), faulty, graceful=False, polls=4, batch_size=batch_size)()
    last = Run(task(every), transport, batch_size=batch_size)()
    assert finished(transport) == WITH_BAD
    assert last.metric("cutstream_replay_mismatch_total") == 0


def test_the_interval_of_its_checkpoints_is_its_own() -> None:
    for every, wanted in ((50, 4), (200, 1)):
        transport = filled(every)
        run = Run(task(every), transport, batch_size=10, snapshot_every=3)()
        assert run.metric("cutstream_checkpoints_written_total") == wanted


@pytest.mark.parametrize("partitions", [1, 4])
def test_all_sources_meet_in_one_order(partitions: int) -> None:
    settings = loads(
        f"""
        recommenders:
          shop:
            input: {{topic: clicks, partitions: {partitions}, user: who, item: what}}
            items: {{topic: films}}
            users: {{topic: accounts}}
            requests: {{topic: wishes}}
        """
    )
    transport = MemoryTransport()
    made = RecommendTask(settings, "shop", CountingRecommender)
    sequencing = sequence_tasks(settings, "shop")
    assert [each.name for each in sequencing] == [
        f"shop:{source}" for source in ("input", "items", "users", "requests")
    ]
    for one in (*sequencing, made):
        for spec in one.topics:
            transport.ensure_topic(spec)
    click = {"who": "ann", "what": "heat"}
    transport.append(
        [
            Outgoing("films", b"heat", b"{}", (), 1),
            Outgoing("films", b"alien", b"{}", (), 1),
            *(Outgoing("clicks", b"%d" % at, json.dumps(click).encode(), (), 1) for at in range(9)),
            Outgoing("accounts", b"bob", None, (), 1),
            Outgoing("wishes", b"reply", b'{"user": "ann"}', (), 1),
        ]
    )
    for each in sequencing:
        Run(each, transport)()
    Run(made, transport)()
    log = list(transport.read(TopicPartition("cutstream.shop.sequenced", 0), 0))
    assert len(log) == 13
    (told,) = outputs(transport, "clicks.recommendations").values()
    (answer,) = (json.loads(value) for _, _, key, value, _ in told if key == b"reply")
    assert [item["item"] for item in answer["items"]] == ["alien"]
