"""A desk as a process of its own, asked over HTTP."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from tests.broker.ports import free_port

ROOT = Path(__file__).parents[3]


class DeskProcess:
    """`faust -A stream.desk worker` with its own port; `settings` go into its environment."""

    def __init__(self, log: Path, **settings: str) -> None:
        self.port = free_port()
        self._log = log
        # Of this process's variables none that would reach Faust or the desk.
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self._environment = {**kept, **{f"CUTSTREAM_{k.upper()}": v for k, v in settings.items()}}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, again if it has ended; it answers a little later."""
        command = [sys.executable, "-m", "faust", "-A", "stream.desk", "worker", "-l", "info"]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--web-port", str(self.port)],
                cwd=ROOT,
                env=self._environment,
                stdout=log,
                stderr=log,
            )

    def kill(self) -> None:
        """End it as a power cut would."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """End it in good order; returns its exit code."""
        return self._end(signal.SIGTERM)

    def ask(self, path: str, method: str = "GET", token: str | None = None) -> tuple[int, Any]:
        """Status and JSON of the answer; status 0 while it does not answer."""
        assert self._process is not None
        assert self._process.poll() is None, self.told()
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        request = Request(f"http://127.0.0.1:{self.port}{path}", method=method, headers=headers)
        try:
            with urlopen(request, timeout=5.0) as response:
                return response.status, json.load(response)
        except HTTPError as error:
            with error:
                return error.code, json.load(error)
        except (URLError, OSError):
            return 0, None

    def metric(self, line: str) -> float:
        """The value of a metric, named with its labels; 0 where it is not exposed."""
        with urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=5.0) as response:
            exposed = response.read().decode().splitlines()
        return next((float(text.split()[-1]) for text in exposed if text.startswith(line)), 0.0)

    def told(self) -> str:
        """The end of its log."""
        return self._log.read_text(errors="replace")[-4000:] if self._log.exists() else ""

    def _end(self, number: int) -> int:
        if self._process is None:
            return 0
        self._process.send_signal(number)
        code = self._process.wait(30.0)
        self._process = None
        return code
