"""All tasks of one process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Event, Thread
from time import monotonic, time
from typing import NamedTuple

import structlog

from models.errors import CutstreamError
from stream.errors import TransportError
from stream.metrics import Metrics, table
from stream.runtime.health import TaskStatus
from stream.runtime.options import RunnerOptions
from stream.runtime.runner import TaskRunner
from stream.tasks.protocol import Task
from stream.transports.protocol import Transport

log = structlog.get_logger(__name__)

RETENTION_INTERVAL = 60.0
"""Seconds between two runs of retention."""


class WorkerStatus(NamedTuple):
    """How a worker is doing."""

    live: bool
    """Whether every task still runs. A broker that is away does not change that."""
    ready: bool
    """Whether every task takes part in its group and has restored what it owns."""
    tasks: tuple[TaskStatus, ...]


class Worker:
    """Runs each task in a thread of its own, on a connection of its own.

    connect: opens the log; called once per task, and once more for retention.

    When one task fails, the others stop in good order, and `join` raises the failure: what runs the
    process starts it again. Raises InvalidParameter for a task that cannot be run.
    """

    def __init__(
        self,
        connect: Callable[[], Transport],
        tasks: Sequence[Task],
        options: RunnerOptions,
        metrics: Metrics,
        *,
        clock: Callable[[], float] = time,
    ) -> None:
        self._metrics = metrics
        self._clock = clock
        self._stop, self._abandon, self._idle = Event(), Event(), Event()
        self._failure: BaseException | None = None
        self._transports: list[Transport] = []
        self._runners: list[TaskRunner] = []
        self._housekeepers: list[Thread] = []
        try:
            self._keeper = self._opened(connect)
            for task in tasks:
                self._runners.append(self._runner(task, self._opened(connect), options))
        except BaseException:
            self._close()
            raise
        self._threads = [
            Thread(target=self._run, args=(runner,), name=runner.task.name, daemon=True)
            for runner in self._runners
        ]
        self._housekeepers = [
            Thread(target=self._repeat, args=(interval, job), name=job.__name__, daemon=True)
            for interval, job in (
                (options.session_timeout / 3.0, self.heartbeat),
                (RETENTION_INTERVAL, self.apply_retention),
            )
        ]

    def start(self) -> None:
        """Begin; returns at once."""
        for thread in (*self._threads, *self._housekeepers):
            thread.start()

    def stop(self) -> None:
        """Ask every task to finish its batch, commit, write its snapshots and leave its group."""
        self._stop.set()

    def abandon(self) -> None:
        """Ask every task to leave now, without snapshots: the next start replays a little."""
        self._abandon.set()
        self._stop.set()

    @property
    def stopping(self) -> bool:
        """Whether it was asked to stop, or a task has failed."""
        return self._stop.is_set()

    def join(self, timeout: float | None = None) -> bool:
        """Wait until every task has ended; False if `timeout` seconds were not enough.

        Raises the error of the first task that failed.
        """
        deadline = None if timeout is None else monotonic() + timeout
        for thread in self._threads:
            thread.join(None if deadline is None else max(0.0, deadline - monotonic()))
            if thread.is_alive():
                return False
        self._close()
        if self._failure is not None:
            raise self._failure
        return True

    def status(self) -> WorkerStatus:
        """How it is doing."""
        tasks = tuple(runner.status() for runner in self._runners)
        return WorkerStatus(
            live=all(task.phase != "failed" for task in tasks),
            ready=not self._stop.is_set() and all(task.ready for task in tasks),
            tasks=tasks,
        )

    def states(self, task: str) -> TaskRunner:
        """Where the states of a task can be asked: its runner. Raises KeyError."""
        return {runner.task.name: runner for runner in self._runners}[task]

    def heartbeat(self) -> None:
        """Keep every task in its group while it is busy. Faults are logged: there is a next
        time."""
        for runner in self._runners:
            try:
                runner.heartbeat()
            except TransportError as error:
                log.warning("heartbeat_failed", task=runner.task.name, error=str(error))

    def apply_retention(self) -> None:
        """Delete what may go, if this worker has the first task's first partition.

        So one worker does it, whichever workers there are. Faults are logged: there is a next time.
        """
        if not any(p.partition == 0 for p in self._runners[0].status().partitions):
            return
        try:
            gone = self._keeper.apply_retention(int(self._clock() * 1000))
        except TransportError as error:
            log.warning("retention_failed", error=str(error))
        else:
            self._metrics.counter(table.DELETED).inc(gone)

    def _opened(self, connect: Callable[[], Transport]) -> Transport:
        transport = connect()
        self._transports.append(transport)
        return transport

    def _runner(self, task: Task, transport: Transport, options: RunnerOptions) -> TaskRunner:
        return TaskRunner(
            task,
            transport,
            options,
            self._metrics,
            stop=self._stop,
            abandon=self._abandon,
            clock=self._clock,
        )

    def _run(self, runner: TaskRunner) -> None:
        try:
            runner.run()
        except BaseException as error:
            self._failure = self._failure or error
            known = isinstance(error, CutstreamError)
            log.error("task_failed", task=runner.task.name, error=str(error), exc_info=not known)
            self._stop.set()

    def _repeat(self, interval: float, job: Callable[[], None]) -> None:
        while not self._idle.wait(interval):
            job()

    def _close(self) -> None:
        self._idle.set()
        for thread in self._housekeepers:
            if thread.is_alive():
                thread.join()
        for transport in self._transports:
            transport.close()
        self._transports.clear()
