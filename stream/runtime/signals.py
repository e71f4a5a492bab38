"""What a process does with the signals that ask it to end."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import structlog

from stream.runtime.worker import Worker

log = structlog.get_logger(__name__)

CHECK_INTERVAL = 0.5
GRACE = 1.0
"""Seconds that tasks get to leave their groups after the second signal."""


def run_until_signal(worker: Worker) -> bool:
    """Run a worker in the main thread until SIGTERM or SIGINT, or until a task fails.

    The first signal ends it in good order: batch finished, committed, snapshots written, group
    left. The second ends it now. Returns whether it ended in good order; raises a failed task's
    error.
    """
    with _signals() as received:
        worker.start()
        log.info("worker_started", tasks=[task.task for task in worker.status().tasks])
        while not worker.join(CHECK_INTERVAL):
            if received and not worker.stopping:
                log.info("stopping", signal=signal.Signals(received[0]).name)
                worker.stop()
            if len(received) > 1:
                log.warning("stopping_now", signal=signal.Signals(received[1]).name)
                worker.abandon()
                return worker.join(GRACE) and False
    return True


@contextmanager
def _signals() -> Iterator[list[int]]:
    """Collect SIGTERM and SIGINT instead of dying of them."""
    received: list[int] = []

    def note(number: int, _frame: FrameType | None) -> None:
        received.append(number)

    before = {number: signal.signal(number, note) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
