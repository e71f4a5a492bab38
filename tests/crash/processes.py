"""Worker processes that are started, killed and started again."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any


def wait_for(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Return once `condition` holds. Raises TimeoutError."""
    pause, end = Event(), monotonic() + seconds
    while not condition():
        if monotonic() > end:
            raise TimeoutError(f"{what} did not happen within {seconds:g} s")
        pause.wait(0.005)


class WorkerProcess:
    """A worker under one name, in as many lives as it takes. Its log is named by `label`, else by
    its own name."""

    def __init__(self, config: Path, member: str, label: str | None = None) -> None:
        self.member = member
        self.log = config.with_name(f"{label or member}.jsonl")
        self._config = config
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0
        self.lives = 0

    def start(self) -> None:
        """Begin a life."""
        self.lives += 1
        self._started = len(self.logged("worker_started"))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.worker", self._config, self.member, self.log]
        )

    def has_started(self) -> bool:
        """Whether this life has come as far as to mind signals."""
        return len(self.logged("worker_started")) > self._started

    def kill(self) -> None:
        """End it as a power cut would: SIGKILL."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self._process = None

    def suspend(self) -> None:
        """Let it do nothing more until `resume`: SIGSTOP."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on: SIGCONT."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def has_ended(self) -> bool:
        """Whether this life is over."""
        return self.exit_code() is not None

    def exit_code(self) -> int | None:
        """How this life has ended; None while it lasts."""
        return None if self._process is None else self._process.poll()

    def check_alive(self) -> None:
        """Raise RuntimeError if it has ended by itself."""
        if self._process is not None and self._process.poll() is not None:
            raise RuntimeError(
                f"The worker {self.member} must run until it is killed, got exit code "
                f"{self._process.returncode}; see {self.log}"
            )

    def terminate(self, seconds: float = 60.0) -> int:
        """End it in good order: SIGTERM. Returns its exit code."""
        assert self._process is not None
        self._process.terminate()
        code = self._process.wait(seconds)
        self._process = None
        return code

    def close(self) -> None:
        """Kill it if it lives."""
        if self._process is not None:
            self.kill()

    def logged(self, event: str) -> list[dict[str, Any]]:
        """What all its lives have logged under this name."""
        if not self.log.exists():
            return []
        lines = map(json.loads, filter(_whole, self.log.read_text().splitlines()))
        return [line for line in lines if line["event"] == event]


def _whole(line: str) -> bool:
    """A kill may have cut the last line."""
    return line.endswith("}")
