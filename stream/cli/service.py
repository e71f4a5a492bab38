"""What `worker`, `run` and `demo` have in common: a worker made from settings, and its end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from stream.errors import TransportUnavailable

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from stream.runtime.worker import Worker
    from stream.settings import Settings
    from stream.tasks.protocol import Task
    from stream.transports import Transport


def make_tasks(settings: Settings) -> list[Task]:
    """Every task of the settings, and before it those which put its records in order."""
    from models.detector import open_bank
    from stream.tasks.detect import DetectTask
    from stream.tasks.rekey import rekey_task

    tasks: list[Task] = []
    for name, detector in settings.detectors.items():
        if detector.rekeys:
            tasks.append(rekey_task(settings, name))
        tasks.append(DetectTask(settings, name, open_bank))
    if settings.recommenders:
        tasks += _recommend_tasks(settings)
    if settings.predictors:
        from stream.tasks.predict import PredictTask, sequence_tasks

        for name in settings.predictors:
            tasks += [*sequence_tasks(settings, name), PredictTask(settings, name)]
    return tasks


def _recommend_tasks(settings: Settings) -> Iterator[Task]:
    """Every recommender as a task, and before it those which put its sources into one order."""
    from models.recommend.recommender import Recommender
    from stream.tasks.recommend import RecommendTask, sequence_tasks

    for name in settings.recommenders:
        yield from sequence_tasks(settings, name)
        yield RecommendTask(settings, name, Recommender)


def compile_kernels(settings: Settings) -> None:
    """Compile what the models of the settings need, or read it from the cache; tells how far it is."""
    from stream.cli.compiling import compiling_shown

    # Imported ahead of the work: how many kernels there are is known then.
    steps = []
    if settings.detectors:
        from models.detector.compile import compile_kernels as compile_detector

        steps.append(compile_detector)
    if settings.recommenders:
        from models.recommend.compile import compile_kernels as compile_recommender

        steps.append(compile_recommender)
    if steps:
        with compiling_shown():
            for step in steps:
                step()


def make_worker(settings: Settings, registry: CollectorRegistry) -> Worker:
    """A worker for every detector of the settings, not started yet."""
    from stream.metrics import Metrics
    from stream.runtime.options import RunnerOptions, default_member
    from stream.runtime.worker import Worker

    options = RunnerOptions(
        batch_size=settings.worker.batch_size,
        poll_timeout=settings.worker.poll_timeout,
        snapshot_every=settings.worker.snapshot_every,
        session_timeout=settings.worker.session_timeout,
        member=settings.worker.member or default_member(),
    )
    return Worker(settings.log.open, make_tasks(settings), options, Metrics(registry))


def check_topics(settings: Settings, log: Transport) -> None:
    """Create missing topics and check the others, unless the log is away: then work waits for it.

    Raises ConfigError with a sentence for each topic that cannot be used as it is.
    """
    import structlog

    from stream.topics.start import prepare

    try:
        prepare(settings, log)
    except TransportUnavailable as error:
        structlog.get_logger(__name__).warning("topics_not_checked", error=str(error))


@contextmanager
def running(worker: Worker) -> Iterator[None]:
    """Let a worker run for the length of a block, then stop it in good order.

    Raises the error of the first task that failed.
    """
    worker.start()
    try:
        yield
    finally:
        worker.stop()
        worker.join()
