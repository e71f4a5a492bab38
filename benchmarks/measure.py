"""How things are timed: interleaved rounds, of which the median counts; one thread."""

from __future__ import annotations

import gc
import logging
import os
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
import structlog

ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMBA_NUM_THREADS": "1",
    "RAYON_NUM_THREADS": "1",
}


def one_thread(module: str) -> None:
    """Start `python -m module` anew where its libraries might use several threads: they read this when they load."""
    if any(os.environ.get(name) != value for name, value in ONE_THREAD.items()):
        command = [sys.executable, "-m", module, *sys.argv[1:]]
        os.execve(sys.executable, command, os.environ | ONE_THREAD)


def quiet() -> None:
    """Keep all but warnings out of what is printed, and these out of the JSON."""
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def note(progress: str) -> None:
    """Tell who waits what is being measured."""
    print(progress, file=sys.stderr, flush=True)


def rates(
    tasks: Mapping[str, tuple[int, Callable[[int], float | None]]],
    rounds: int,
    clocks: Mapping[str, Callable[[], float]] = MappingProxyType({}),
) -> dict[str, float]:
    """Items per second of each task, the median over rounds in which all take turns.

    A task is (items per round, what to do in round i), which may return seconds that it has measured itself. One
    machine's speed wanders, so what is compared must be measured in the same minutes. Seconds are those of the
    processor, in this process but where `clocks` names another: what else runs on the machine does not count.
    """
    seconds: dict[str, list[float]] = {name: [] for name in tasks}
    for i in range(rounds):
        for name, (_, work) in tasks.items():
            gc.collect()
            clock = clocks.get(name, time.process_time)
            started = clock()
            measured = work(i)
            seconds[name].append(clock() - started if measured is None else measured)
    return {name: tasks[name][0] / statistics.median(taken) for name, taken in seconds.items()}


def latencies(work: Callable[[int], None], n: int) -> tuple[float, float]:
    """(median, 99th percentile) of n calls, in microseconds."""
    taken = np.zeros(n)
    for i in range(n):
        started = time.perf_counter_ns()
        work(i)
        taken[i] = time.perf_counter_ns() - started
    median, high = np.percentile(taken / 1e3, [50, 99])
    return float(median), float(high)


def milliseconds(work: Callable[[], object], rounds: int = 9) -> float:
    """Median duration of one call."""
    taken = []
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken) * 1e3


def resident_bytes() -> int:
    """Memory that the process holds now."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
