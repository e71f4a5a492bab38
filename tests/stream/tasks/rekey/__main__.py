"""A worker process of both steps: `python -m tests.stream.tasks.rekey URL INPUT MEMBER`."""

from __future__ import annotations

import sys

from stream.runtime.signals import run_until_signal
from tests.stream.tasks.rekey.steps import Steps, worker

if __name__ == "__main__":
    url, name, member = sys.argv[1:]
    sys.exit(not run_until_signal(worker(url, member, Steps(name))))
