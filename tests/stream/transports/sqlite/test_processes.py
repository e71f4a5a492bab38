"""Several processes on one file, and processes that are killed."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
from pathlib import Path
from threading import Event

import pytest

from stream.records import Outgoing, TopicPartition
from stream.transports import TopicSpec, Transport, connect
from tests.conftest import wait_until
from tests.stream.transports.sqlite.programs import COPIES
from tests.stream.transports.sqlite.programs import __name__ as programs

ROOT = Path(__file__).parents[4]
PATIENCE = 60.0


def start(*arguments: object) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", programs, *map(str, arguments)], cwd=ROOT)


def finish(*children: subprocess.Popen[bytes]) -> list[int]:
    return [child.wait(PATIENCE) for child in children]


@pytest.fixture
def url(path: Path) -> str:
    return f"sqlite:///{path}?timeout=30"


def test_processes_append_without_loss_and_in_order(url: str) -> None:
    transport = connect(url)
    transport.ensure_topic(TopicSpec("in", 2))
    names = ["a", "b", "c"]
    assert finish(*[start("produce", url, name, 60, 20) for name in names]) == [0, 0, 0]
    records = [r for p in (0, 1) for r in transport.read(TopicPartition("in", p), 0)]
    for name in names:
        own = [r.value for r in records if r.key == name.encode()]
        assert own == [f"{name} {batch} {i}".encode() for batch in range(60) for i in range(20)]
    assert len(records) == 3600
    transport.close()


def test_processes_may_create_the_file_together(url: str) -> None:
    children = [start("produce", url, name, 0, 0) for name in ("a", "b", "c")]
    assert finish(*children) == [0, 0, 0]


@pytest.mark.parametrize("size", [10, 3_000_000], ids=["small", "spilled to the file"])
def test_a_process_killed_inside_a_commit_leaves_nothing(url: str, size: int) -> None:
    transport = connect(url)
    for name in ("in", "out"):
        transport.ensure_topic(TopicSpec(name))
    assert finish(start("die_in_commit", url, size)) == [-signal.SIGKILL]
    assert list(transport.read(TopicPartition("out", 0), 0)) == []
    assert transport.topics()["out"].bounds == ((0, 0),)
    assert transport.committed("g") == {}
    transport.append([Outgoing("out", None, b"next")])
    [record] = transport.read(TopicPartition("out", 0), 0)
    assert (record.offset, record.value) == (0, b"next")
    transport.close()


@pytest.mark.parametrize("seed", [1, 2])
def test_killed_copiers_copy_everything_once(url: str, seed: int) -> None:
    transport = connect(url)
    transport.ensure_topic(TopicSpec("in", 2))
    transport.ensure_topic(TopicSpec("out", COPIES))
    rounds, size = 5, 600
    total = rounds * size
    rng = random.Random(seed)
    for at in range(0, total - size, size):
        # The rest of the input is not there yet, so the child cannot end before it is killed.
        append_inputs(transport, range(at, at + size))
        kill_after_progress(transport, start("copy", url, "m", total), rng.uniform(0.0, 0.02))
        assert_consistent(transport)
    append_inputs(transport, range(total - size, total))
    assert finish(start("copy", url, "m", total), start("copy", url, "n", total)) == [0, 0]
    assert progress(transport) == total
    assert_consistent(transport)
    transport.close()


def append_inputs(transport: Transport, numbers: range) -> None:
    transport.append([Outgoing("in", b"%d" % (i % 50), b"%d" % i) for i in numbers])


def kill_after_progress(
    transport: Transport, child: subprocess.Popen[bytes], seconds: float
) -> None:
    """Let the child commit something, and kill it at an arbitrary moment soon after."""
    before = progress(transport)
    wait_until(lambda: progress(transport) > before, PATIENCE)
    Event().wait(seconds)
    assert child.poll() is None
    child.kill()
    child.wait(PATIENCE)


def assert_consistent(transport: Transport) -> None:
    """Every output partition holds exactly what was committed of the input, in order."""
    committed = transport.committed("g")
    expected = {
        tp.partition: [r.value for r in transport.read(tp, 0, position.offset)]
        for tp, position in committed.items()
    }
    keys = {
        r.value: r.partition for p in (0, 1) for r in transport.read(TopicPartition("in", p), 0)
    }
    for copy_number in range(COPIES):
        found: dict[int, list[bytes | None]] = {}
        for record in transport.read(TopicPartition("out", copy_number), 0):
            found.setdefault(keys[record.value], []).append(record.value)
        assert found == {p: values for p, values in expected.items() if values}


def progress(transport: Transport) -> int:
    return sum(position.offset for position in transport.committed("g").values())
