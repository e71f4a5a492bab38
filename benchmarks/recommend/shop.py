"""A recommender on an SQLite log of its own, and what plays with it."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from prometheus_client import CollectorRegistry

from benchmarks.recommend.crowd import EPOCH, Crowd, item_name, user_name
from models.recommend.recommender import Recommender
from stream.metrics import Metrics
from stream.records import Outgoing
from stream.runtime.options import RunnerOptions
from stream.runtime.worker import Worker
from stream.settings import Settings, loads
from stream.tasks.recommend import RecommendTask
from stream.transports import Transport, connect

NAME, TOPIC = "shop", "clicks"
BATCH = 1000
CONFIG = """
broker: sqlite:///{file}
recommenders:
  shop:
    input: {{topic: clicks, user: user, item: item, timestamp: time}}
    on_change: null
    evaluation: {{share: {share}}}
"""
AT_ONCE = 5000


class Shop:
    """The log, the recommender's task, and a made-up crowd."""

    def __init__(self, settings: Settings, crowd: Crowd) -> None:
        self.settings = settings
        self.crowd = crowd
        self.task = RecommendTask(settings, NAME, Recommender)

    def open(self) -> Transport:
        """Connect to the log."""
        return connect(self.settings.broker)

    def prepare(self) -> None:
        """Make the topics."""
        with self.opened() as log:
            for spec in self.task.topics:
                log.ensure_topic(spec)

    @contextmanager
    def opened(self) -> Iterator[Transport]:
        """The log."""
        log = self.open()
        try:
            yield log
        finally:
            log.close()

    def append(self, log: Transport, n: int, first: int = 0) -> None:
        """Append n interactions, from the `first` on."""
        for at in range(first, first + n, AT_ONCE):
            users, items = self.crowd.pairs(min(AT_ONCE, first + n - at), at)
            pairs = zip(users.tolist(), items.tolist(), strict=True)
            log.append([event(u, i, at + k) for k, (u, i) in enumerate(pairs)])

    def worker(self) -> Running:
        """A worker, not started yet."""
        registry = CollectorRegistry()
        options = RunnerOptions(batch_size=BATCH, member="w1")
        return Running(Worker(self.open, [self.task], options, Metrics(registry)), registry)


class Running:
    """A worker, and what it counts."""

    def __init__(self, worker: Worker, registry: CollectorRegistry) -> None:
        self.worker = worker
        self.registry = registry

    def consumed(self) -> int:
        """Interactions that are committed."""
        labels = {"task": NAME, "topic": TOPIC}
        found = self.registry.get_sample_value("cutstream_records_consumed_total", labels)
        return int(found or 0)

    def ready(self) -> bool:
        """Whether all state is there."""
        status = self.worker.status()
        assert status.live, status
        return status.ready and all(task.partitions for task in status.tasks)

    def reached(self, n: int) -> None:
        """Wait until so many are committed."""

        def there() -> bool:
            assert self.worker.status().live, self.worker.status()
            return self.consumed() >= n

        until(there)

    def stop(self) -> None:
        """End it in good order."""
        self.worker.stop()
        self.worker.join()


@contextmanager
def opened_shop(crowd: Crowd, share: float = 0.0) -> Iterator[Shop]:
    """A shop in a folder of its own. share: of the interactions that are ranked before they are learned."""
    with tempfile.TemporaryDirectory() as folder:
        text = CONFIG.format(file=Path(folder) / "bench.db", share=share)
        shop = Shop(loads(text), crowd)
        shop.prepare()
        yield shop


def event(user: int, item: int, at: int) -> Outgoing:
    """One interaction as a record."""
    stamp = int(EPOCH * 1000) + at
    body = f'{{"user":"{user_name(user)}","item":"{item_name(item)}","time":{stamp}}}'
    return Outgoing(TOPIC, user_name(user).encode(), body.encode(), timestamp=stamp)


def until(condition: Callable[[], bool], most: float = 600.0) -> None:
    """Wait for a condition, at most so many seconds."""
    pause, deadline = Event(), time.monotonic() + most
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in time"
        pause.wait(0.002)
