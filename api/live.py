"""The live states that an application answers from: its worker's own, or its followers'."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from prometheus_client import CollectorRegistry

from models.detector import DetectorBank
from stream.live.follower import Follower
from stream.live.metrics import FollowerCollector
from stream.live.states import LiveSource, LiveStates
from stream.runtime.options import RunnerOptions
from stream.settings import Settings
from stream.tasks.detect import DetectTask
from stream.tasks.detect.inquiry import Inquiry
from stream.transports.protocol import Transport


class LiveWorker(Protocol):
    """The worker in this process, as far as its states are asked."""

    def states(self, task: str) -> LiveSource:
        """The states that a task's runner holds."""


class LiveDetector(NamedTuple):
    """One detector's live states, and what they can be asked."""

    states: LiveStates
    inquiry: Inquiry


class Live:
    """The live states of every detector of a configuration.

    Followers keep them if `api.follow` says so, or if it says nothing and there is no worker.
    """

    def __init__(
        self,
        settings: Settings,
        transport: Transport,
        worker: LiveWorker | None,
        registry: CollectorRegistry,
    ) -> None:
        follows = worker is None if settings.api.follow is None else settings.api.follow
        options = RunnerOptions(
            batch_size=settings.worker.batch_size, snapshot_every=settings.worker.snapshot_every
        )
        self.followers: dict[str, Follower] = {}
        detectors: dict[str, LiveDetector] = {}
        for name, detector in settings.detectors.items():
            task = DetectTask(settings, name, DetectorBank)
            source: LiveSource | None = None
            if follows:
                source = self.followers[name] = Follower(task, transport, options)
            elif worker is not None:
                source = worker.states(name)
            states = LiveStates(source, task.inputs[0], detector.input.partitions)
            detectors[name] = LiveDetector(states, task.inquiry)
        self.detectors: Mapping[str, LiveDetector] = detectors
        if follows:
            registry.register(FollowerCollector([*self.followers.values()]))

    def start(self) -> None:
        """Begin to follow."""
        for follower in self.followers.values():
            follower.start()

    def close(self) -> None:
        """Stop following, and wait for the batches in hand."""
        for follower in self.followers.values():
            follower.close()
