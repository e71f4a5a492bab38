"""A Java process that is told a command a line, so that its rounds take turns with everybody else's."""

from __future__ import annotations

import ctypes
import json
import subprocess
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers.java.building import class_path

ONE_THREAD_OF_WORK = ["-XX:+UseSerialGC", "-XX:ActiveProcessorCount=1"]


class Driver:
    """The process. `heap` is its memory in MiB, all of it from the start."""

    def __init__(self, heap: int = 1024) -> None:
        options = [*ONE_THREAD_OF_WORK, f"-Xms{heap}m", f"-Xmx{heap}m"]
        self._process = subprocess.Popen(
            ["java", *options, "-cp", class_path(), "Main"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._clock_id = process_clock(self._process.pid)

    def clock(self) -> float:
        """Processor seconds of the whole process: the compiler and the garbage collector count too."""
        return time.clock_gettime(self._clock_id)

    def ask(self, *words: object) -> dict[str, Any]:
        """Carry out one command and wait for its answer."""
        self.tell(*words)
        return self.hear()

    def tell(self, *words: object) -> None:
        """Start one command; `hear` waits for its answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(" ".join(map(str, words)) + "\n")
        self._process.stdin.flush()

    def hear(self) -> dict[str, Any]:
        """The answer to a command that was told."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the Java driver must answer, it ended with {self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def give(self, name: str, values: NDArray[Any], *more: object) -> None:
        """Hand over an array of 32-bit numbers."""
        with TemporaryDirectory() as folder:
            path = Path(folder, name)
            values.tofile(path)
            self.ask(name, path, *more)

    def close(self) -> None:
        """End the process: its input ends."""
        with self._process:
            pass


def process_clock(pid: int) -> int:
    """The id of another process's processor-time clock, for time.clock_gettime."""
    clock = ctypes.c_int()
    failed = ctypes.CDLL(None, use_errno=True).clock_getcpuclockid(pid, ctypes.byref(clock))
    if failed:
        raise OSError(failed, "the processor time of the Java driver must be readable")
    return clock.value


def microseconds(answer: dict[str, Any]) -> NDArray[np.float64]:
    """Latencies of an answer."""
    return np.array(answer["nanoseconds"], np.float64) / 1e3
