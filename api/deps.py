"""What the routes work with, handed to them by the application that they belong to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Protocol, cast

from fastapi import Depends, Path, Request
from prometheus_client import CollectorRegistry

from api.errors import UnknownResourceError
from api.live import Live, LiveDetector, LiveWorker
from stream.live.predictor import LivePredictor
from stream.live.shared import SharedStates
from stream.query import DetectorTopics, DetectorView, PredictionView, Refresher
from stream.runtime.worker import WorkerStatus
from stream.settings import DetectorSettings, Settings
from stream.settings.predictor import PredictorSettings
from stream.settings.recommender import RecommenderSettings
from stream.tasks.recommend.reading import LogReader
from stream.transports.protocol import Transport


class Worker(LiveWorker, Protocol):
    """The worker in this process, as far as the API asks it."""

    def status(self) -> WorkerStatus:
        """How it is doing."""


@dataclass(frozen=True, slots=True)
class Services:
    """All that one application serves."""

    settings: Settings
    transport: Transport
    worker: Worker | None
    registry: CollectorRegistry
    views: Mapping[str, DetectorView]
    predictions: Mapping[str, PredictionView]
    refresher: Refresher
    live: Live


@dataclass(frozen=True, slots=True)
class Detector:
    """One configured detector, the view of its topics, and its live states."""

    name: str
    settings: DetectorSettings
    view: DetectorView
    live: LiveDetector


def topics_of(name: str, detector: DetectorSettings) -> DetectorTopics:
    """Where a detector's records are."""
    return DetectorTopics(
        input=detector.log_topic,
        output=detector.output.topic,
        snapshots=detector.snapshots.topic,
        group=f"cutstream.{name}",
    )


async def services(request: Request) -> Services:
    """The services of the application that answers this request."""
    return cast(Services, request.app.state.services)


ServicesDep = Annotated[Services, Depends(services)]


def detector(
    name: Annotated[str, Path(description="The detector.", examples=["pumps"])],
    services: ServicesDep,
) -> Detector:
    """The detector that the path names. Raises UnknownResourceError."""
    if name not in services.views:
        raise UnknownResourceError("detector", name)
    return detector_of(services, name)


def detector_of(services: Services, name: str) -> Detector:
    """A configured detector."""
    return Detector(
        name,
        services.settings.detectors[name],
        services.views[name],
        services.live.detectors[name],
    )


DetectorDep = Annotated[Detector, Depends(detector)]


@dataclass(frozen=True, slots=True)
class Recommender:
    """One configured recommender, and its live state."""

    name: str
    settings: RecommenderSettings
    states: SharedStates
    reader: LogReader


async def recommender(
    name: Annotated[str, Path(description="The recommender.", examples=["films"])],
    services: ServicesDep,
) -> Recommender:
    """The recommender that the path names. Raises UnknownResourceError."""
    if name not in services.live.recommenders:
        raise UnknownResourceError("recommender", name)
    return recommender_of(services, name)


def recommender_of(services: Services, name: str) -> Recommender:
    """A configured recommender."""
    live = services.live.recommenders[name]
    return Recommender(name, services.settings.recommenders[name], live.states, live.reader)


RecommenderDep = Annotated[Recommender, Depends(recommender)]


@dataclass(frozen=True, slots=True)
class Predictor:
    """One configured predictor, the view of its predictions, and its live states."""

    name: str
    settings: PredictorSettings
    view: PredictionView
    live: LivePredictor


async def predictor(
    name: Annotated[str, Path(description="The predictor.", examples=["sites"])],
    services: ServicesDep,
) -> Predictor:
    """The predictor that the path names. Raises UnknownResourceError."""
    if name not in services.live.predictors:
        raise UnknownResourceError("predictor", name)
    return predictor_of(services, name)


def predictor_of(services: Services, name: str) -> Predictor:
    """A configured predictor."""
    return Predictor(
        name,
        services.settings.predictors[name],
        services.predictions[name],
        services.live.predictors[name],
    )


PredictorDep = Annotated[Predictor, Depends(predictor)]
