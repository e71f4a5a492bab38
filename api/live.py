"""The live states that an application answers from: its worker's own, or its followers'."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Event, Thread
from typing import NamedTuple, Protocol

from prometheus_client import CollectorRegistry

from models.detector import open_bank
from models.recommend.recommender import Recommender
from stream.cli.service import compile_kernels
from stream.live.follower import Follower
from stream.live.metrics import FollowerCollector
from stream.live.predictor import LivePredictor
from stream.live.shared import SharedStates
from stream.live.states import LiveSource, LiveStates
from stream.runtime.options import RunnerOptions
from stream.settings import Settings
from stream.tasks.detect import DetectTask
from stream.tasks.detect.inquiry import Inquiry
from stream.tasks.predict import PredictTask
from stream.tasks.protocol import Task
from stream.tasks.recommend import RecommendTask
from stream.tasks.recommend.reading import LogReader
from stream.transports.protocol import Transport


class LiveWorker(Protocol):
    """The worker in this process, as far as its states are asked."""

    def states(self, task: str) -> LiveSource:
        """The states that a task's runner holds."""


class LiveDetector(NamedTuple):
    """One detector's live states, and what they can be asked."""

    states: LiveStates
    inquiry: Inquiry


class LiveRecommender(NamedTuple):
    """One recommender's live state, and how its task reads records."""

    states: SharedStates
    reader: LogReader


class Live:
    """The live states of every task of a configuration.

    Followers keep them if `api.follow` says so, or if it says nothing and there is no worker.
    """

    def __init__(
        self,
        settings: Settings,
        transport: Transport,
        worker: LiveWorker | None,
        registry: CollectorRegistry,
    ) -> None:
        self._closed = Event()
        self._settings = settings
        self._transport = transport
        self._worker = worker
        self._follows = worker is None if settings.api.follow is None else settings.api.follow
        self._options = RunnerOptions(
            batch_size=settings.worker.batch_size, snapshot_every=settings.worker.snapshot_every
        )
        self.followers: dict[str, Follower] = {}
        self.detectors: Mapping[str, LiveDetector] = {
            name: self._detector(settings, name) for name in settings.detectors
        }
        self.recommenders: Mapping[str, LiveRecommender] = {
            name: self._recommender(settings, name) for name in settings.recommenders
        }
        self.predictors: Mapping[str, LivePredictor] = {
            name: self._predictor(settings, name) for name in settings.predictors
        }
        if self._follows:
            registry.register(FollowerCollector([*self.followers.values()]))

    def start(self) -> None:
        """Begin to follow; returns at once."""
        Thread(target=self._follow, name="follow", daemon=True).start()

    def close(self) -> None:
        """Stop following, and wait for the batches in hand."""
        self._closed.set()
        for follower in self.followers.values():
            follower.close()

    def _follow(self) -> None:
        # A question must not be the one that has kernels compiled: nobody else is answered meanwhile.
        if self.followers:
            compile_kernels(self._settings)
        for follower in self.followers.values():
            if not self._closed.is_set():
                follower.start()

    def _detector(self, settings: Settings, name: str) -> LiveDetector:
        task = DetectTask(settings, name, open_bank)
        partitions = settings.detectors[name].input.partitions
        states = LiveStates(self._source(task), task.inputs[0], partitions)
        return LiveDetector(states, task.inquiry)

    def _recommender(self, settings: Settings, name: str) -> LiveRecommender:
        task = RecommendTask(settings, name, Recommender)
        return LiveRecommender(SharedStates(self._source(task), task.inputs[0]), task.reader)

    def _predictor(self, settings: Settings, name: str) -> LivePredictor:
        task = PredictTask(settings, name)
        return LivePredictor(self._source(task), settings.predictors[name])

    def _source(self, task: Task) -> LiveSource | None:
        """What holds the states of a task: a follower that is made for it, or the worker."""
        if self._follows:
            follower = Follower(task, self._transport, self._options)
            self.followers[task.name] = follower
            return follower
        return None if self._worker is None else self._worker.states(task.name)
