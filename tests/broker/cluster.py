"""Brokers that copy each other's partitions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Event
from time import monotonic
from uuid import uuid4

from tests.broker.broker import Broker, Quorum
from tests.broker.installation import BrokerFault
from tests.broker.ports import free_port


class Cluster:
    """Brokers 1 to `size` on 127.0.0.1, each of them a controller too.

    With three, one may be away: topics of three copies want `min.insync.replicas=2`, the default here.
    """

    def __init__(
        self, folder: Path, *, size: int = 3, settings: Mapping[str, str] | None = None
    ) -> None:
        quorum = Quorum(uuid4().hex[:22], {node: free_port() for node in range(1, size + 1)})
        copies = {
            "default.replication.factor": str(size),
            "min.insync.replicas": str(min(size, 2)),
            **(settings or {}),
        }
        self.brokers = [
            Broker(folder / str(node), settings=copies, quorum=quorum, node=node)
            for node in quorum.voters
        ]

    @property
    def address(self) -> str:
        """host:port of every broker, by commas."""
        return ",".join(broker.address for broker in self.brokers)

    def start(self, seconds: float = 90.0) -> None:
        """Start all at once; return when each knows of all. Raises BrokerFault."""
        for broker in self.brokers:
            broker.start(wait=False)
        for broker in self.brokers:
            broker.wait_until_ready(seconds)
        self._wait(lambda: all(map(self._knows_all, self.brokers)), seconds, "All must be known")

    def leader(self, topic: str, partition: int, seconds: float = 30.0) -> Broker:
        """The broker that leads a partition, as soon as there is one. Raises BrokerFault."""
        found: list[Broker] = []

        def led() -> bool:
            found.extend(self._leader(topic, partition))
            return bool(found)

        self._wait(led, seconds, f"{topic}-{partition} must have a leader")
        return found[0]

    def in_sync(self, topic: str, partition: int) -> int:
        """How many copies of a partition are complete, as far as the brokers that run tell."""
        counts = [0]
        for broker in filter(lambda broker: broker.running, self.brokers):
            found = broker.metadata()
            if found is not None and topic in found.topics:
                counts.append(len(found.topics[topic].partitions[partition].isrs))
        return max(counts)

    def kill(self) -> None:
        """End all: SIGKILL."""
        for broker in self.brokers:
            broker.kill()

    def _knows_all(self, broker: Broker) -> bool:
        found = broker.metadata()
        return found is not None and len(found.brokers) == len(self.brokers)

    def _leader(self, topic: str, partition: int) -> list[Broker]:
        running = [broker for broker in self.brokers if broker.running]
        for broker in running:
            found = broker.metadata()
            if found is not None and topic in found.topics:
                node = found.topics[topic].partitions[partition].leader
                return [leader for leader in running if leader.node == node]
        return []

    def _wait(self, condition: Callable[[], bool], seconds: float, what: str) -> None:
        pause, end = Event(), monotonic() + seconds
        while not condition():
            if monotonic() > end:
                raise BrokerFault(f"{what} within {seconds:g} s.")
            pause.wait(0.1)
