"""Worker processes of both steps, killed and started again."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from uuid import uuid4

from stream.transports import connect
from tests.conftest import wait_until
from tests.stream.tasks.rekey.steps import COUNT, Steps

KILLS = 4
PART = COUNT // (KILLS + 1)


@contextmanager
def process(url: str, name: str, member: str, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "tests.stream.tasks.rekey", url, name, member]
    root = Path(__file__).parents[4]
    with (
        log.open("wb") as told,
        subprocess.Popen(command, cwd=root, stdout=told, stderr=subprocess.DEVNULL) as running,
    ):
        try:
            yield running
        finally:
            running.kill()


def kill_again_and_again(url: str, folder: Path) -> None:
    """Two workers; while readings come, one after the other gets SIGKILL and is started again."""
    steps = Steps(f"readings-{uuid4().hex[:8]}")
    readings = steps.readings()
    with closing(connect(url)) as log, ExitStack() as stack:
        steps.declare(log)
        logs = [folder / f"{life}.log" for life in range(KILLS + 2)]

        def begin(life: int) -> subprocess.Popen[bytes]:
            begun = process(url, steps.input, f"w{life % 2}", logs[life])
            return stack.enter_context(begun)

        workers = [begin(0), begin(1)]
        for kill in range(KILLS):
            before = steps.done(log)
            log.append(readings[kill * PART : (kill + 1) * PART])
            wait_until(lambda before=before: steps.done(log) > before)
            workers[kill % 2].kill()
            workers[kill % 2] = begin(kill + 2)
        log.append(readings[KILLS * PART :])
        wait_until(lambda: steps.done(log) == steps.expected(), 60.0)
        # Before it says so, a process does not mind signals.
        wait_until(lambda: all(b"worker_started" in log.read_bytes() for log in logs[-2:]), 60.0)
        for running in workers:
            running.send_signal(signal.SIGTERM)
            assert running.wait(30) == 0
        steps.check(log)


def test_kill_9_leaves_no_trace_on_an_embedded_log(tmp_path: Path) -> None:
    kill_again_and_again(f"sqlite:///{tmp_path}/log.db", tmp_path)


def test_kill_9_leaves_no_trace_on_kafka(kafka_address: str, tmp_path: Path) -> None:
    kill_again_and_again(f"kafka://{kafka_address}", tmp_path)
