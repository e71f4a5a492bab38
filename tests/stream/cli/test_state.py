from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from models.detector import DetectorBank
from stream.records import Outgoing, TopicPartition
from stream.runtime.chunks import split
from stream.runtime.snapshots import Snapshot, encode_snapshot
from stream.settings import load
from stream.tasks.recommend import RecommendTask
from stream.transports import Transport, connect
from stream.transports.protocol import TopicSpec
from tests.stream.cli.conftest import Outcome
from tests.stream.runtime.harness import Run as RunOnce
from tests.stream.tasks.recommend.fakes import CountingRecommender

Run = Callable[..., Outcome]
TOPIC = "cutstream.pumps.snapshots"


@pytest.fixture
def snapshots(log: Transport, config: Path) -> Transport:
    """Two entities, of which one was written twice, one that is gone, and one whose bytes rotted."""
    bank = DetectorBank(load(config).detectors["pumps"].config())
    bank.slot(b"a")
    state = bank.dump(b"a")
    log.ensure_topic(TopicSpec(TOPIC, 2, compact=True))

    def record(entity: bytes, partition: int, valid_at: int) -> Outgoing:
        snapshot = Snapshot(entity, state, valid_at, 0)
        return encode_snapshot(snapshot, TOPIC, TopicPartition("pumps", partition), 1_000)

    rotten = record(b"c", 0, 5)._replace(value=state[:-1] + b"\x00\x01")
    gone = Outgoing(TOPIC, b"gone", None, (), 0, 0)
    log.append([record(b"a", 0, 1), record(b"gone", 0, 2), gone, record(b"a", 0, 7)])
    log.append([record(b"b", 1, 3), rotten])
    return log


@pytest.mark.usefixtures("snapshots")
def test_the_newest_snapshot_of_every_entity_is_listed(run: Run, config: Path) -> None:
    rows = [line.split()[:4] for line in run("state", "list", config).out.splitlines()[1:]]
    assert rows == [
        ["pumps", "c", "0", "broken"],
        ["pumps", "a", "0", "7"],
        ["pumps", "b", "1", "3"],
    ]
    assert run("state", "list", config, "--detector", "pumps").code == 0


def test_that_there_is_no_snapshot_yet_is_said(run: Run, config: Path, log: Transport) -> None:
    log.ensure_topic(TopicSpec(TOPIC, 2, compact=True))
    shown = run("state", "list", config)
    assert (shown.code, shown.out.startswith("There is no snapshot yet: ")) == (0, True)


@pytest.mark.usefixtures("snapshots")
def test_a_snapshot_says_what_is_in_it_or_what_is_wrong_with_it(run: Run, config: Path) -> None:
    shown = json.loads(run("state", "show", config, "a").out)
    assert (shown["entity"], shown["valid_at"], shown["state"]["observations"]) == ("a", 7, 0)
    broken = json.loads(run("state", "show", config, "c").out)
    assert "must have the checksum" in broken["problem"]
    assert "state" not in broken


@pytest.mark.usefixtures("snapshots")
def test_what_is_not_there_is_said(run: Run, config: Path) -> None:
    missing = run("state", "show", config, "gone")
    assert (missing.code, missing.out) == (1, "")
    assert "there is none of 'gone'" in missing.err
    unknown = run("state", "list", config, "-d", "fans")
    assert unknown.code == 2
    assert "must be one of pumps, got 'fans'" in unknown.err


def test_a_snapshot_in_chunks_is_one(snapshots: Transport, run: Run, config: Path) -> None:
    bank = DetectorBank(load(config).detectors["pumps"].config())
    bank.slot(b"large")
    state = bank.dump(b"large")
    whole = encode_snapshot(
        Snapshot(b"large", state, 11, 0), TOPIC, TopicPartition("pumps", 1), 1_000
    )
    records = split(whole, b"large", 60)
    assert len(records) > 2
    snapshots.append(records)
    rows = [line.split()[:5] for line in run("state", "list", config).out.splitlines()[1:]]
    assert ["pumps", "large", "1", "11", f"{len(state):,}"] in rows
    assert len(rows) == 4
    shown = json.loads(run("state", "show", config, "large").out)
    assert (shown["bytes"], shown["state"]["observations"]) == (len(state), 0)


def test_the_pieces_of_a_recommender_are_listed_and_shown(run: Run, config: Path, url: str) -> None:
    config.write_text(
        f"""
        broker: {url}
        recommenders: {{shop: {{input: {{topic: clicks, user: who, item: what}}}}}}
        """
    )
    task = RecommendTask(load(config), "shop", CountingRecommender)
    with closing(connect(url)) as log:
        for spec in task.topics:
            log.ensure_topic(spec)
        log.append([Outgoing("clicks", None, b'{"who": "ann", "what": "film"}', (), 1_000)])
        RunOnce(task, log)()
    rows = [line.split() for line in run("state", "list", config).out.splitlines()]
    assert {row[1]: row[3] for row in rows if row[0] == "shop"} == dict.fromkeys(
        ("(all)", "p", "t/0", "m/rest", "m/uann"), "1"
    )
    shown = json.loads(run("state", "show", config, "(all)").out)
    assert shown["pieces"] == dict.fromkeys(("p", "t/0", "m/rest", "m/uann"), 1)
    assert json.loads(run("state", "show", config, "p").out)["entity"] == "p"
