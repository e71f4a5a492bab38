"""Waiting for something new in the log without asking it all the time."""

from __future__ import annotations

import threading
import time
from typing import NamedTuple

from stream.transports.sqlite.connection import Connection

SHORTEST, LONGEST = 0.001, 0.02


class Mark(NamedTuple):
    """A state of the log: writes by this process, and the file's change counter."""

    writes: int
    version: int


class Arrivals:
    """Tells the sessions of this process that one of them wrote records."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._count = 0

    def announce(self) -> None:
        """Say that records were committed."""
        with self._changed:
            self._count += 1
            self._changed.notify_all()

    def mark(self, connection: Connection) -> Mark:
        """Remember the state of the log, before looking into it."""
        return Mark(self._count, connection.data_version())

    def wait(self, connection: Connection, mark: Mark, timeout: float) -> None:
        """Return when this process or another connection wrote since `mark`, or after `timeout`
        seconds.

        Other processes cannot notify, so the file's change counter is looked at with growing
        pauses; it costs a few microseconds and reads no page.
        """
        deadline = time.monotonic() + timeout
        pause = SHORTEST
        while self._count == mark.writes and connection.data_version() == mark.version:
            remaining = deadline - time.monotonic()
            if remaining <= 0.0:
                return
            with self._changed:
                self._changed.wait_for(
                    lambda: self._count != mark.writes, timeout=min(pause, remaining)
                )
            pause = min(2 * pause, LONGEST)
