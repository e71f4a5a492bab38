"""One worker process of the crash test: `python -m tests.crash.worker CONFIG MEMBER LOG`.

What the runtime logs goes to LOG as JSON lines, so that it outlives a kill.
"""

from __future__ import annotations

import sys
from pathlib import Path

import structlog
from prometheus_client import CollectorRegistry

from stream.metrics import Metrics
from stream.runtime.signals import run_until_signal
from stream.runtime.worker import Worker
from tests.crash.config import CrashConfig


def main(config_path: str, member: str, log_path: str) -> None:
    """Run until SIGTERM."""
    with Path(log_path).open("a") as log:
        structlog.configure(
            processors=[
                structlog.processors.add_log_level,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(),
            ],
            logger_factory=structlog.WriteLoggerFactory(log),
        )
        config = CrashConfig(Path(config_path))
        run_until_signal(
            Worker(
                config.connect,
                [config.task],
                config.options(member),
                Metrics(CollectorRegistry()),
            )
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
