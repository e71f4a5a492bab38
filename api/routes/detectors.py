"""`GET /v1/detectors`, `GET /v1/detectors/{name}`."""

from __future__ import annotations

from fastapi import APIRouter

from api import deps
from api.deps import DetectorDep, ServicesDep
from api.lags import lag_of
from api.schemas.detectors import (
    Detector,
    Detectors,
    Model,
    StatusCounts,
    Topics,
)
from stream.settings import DetectorSettings

router = APIRouter(prefix="/v1/detectors", tags=["detectors"])


@router.get("", summary="Every detector")
def detectors(services: ServicesDep) -> Detectors:
    """Each configured detector: its topics, its model, how its records were judged, its lag."""
    found = [_answer(deps.detector_of(services, name)) for name in services.views]
    return Detectors(detectors=found)


@router.get("/{name}", summary="One detector")
def one_detector(detector: DetectorDep) -> Detector:
    """One configured detector: its topics, its model, how its records were judged, its lag."""
    return _answer(detector)


def _answer(detector: deps.Detector) -> Detector:
    settings, view, path = detector.settings, detector.view, f"/v1/detectors/{detector.name}"
    return Detector(
        name=detector.name,
        topics=Topics(
            input=settings.input.topic,
            rekeyed=settings.rekeyed.topic if settings.rekeys else None,
            output=settings.output.topic,
            alerts=settings.alerts.topic if settings.alerts.enabled else None,
            dead_letters=settings.dead_letters.topic,
            snapshots=settings.snapshots.topic,
        ),
        group=view.topics.group,
        model=_model(settings),
        entities=view.entities.count(),
        records=StatusCounts(**view.scores.status_counts()),
        lag=lag_of(view.transport, view.topics.input, view.topics.group),
        rekeying_lag=(
            lag_of(view.transport, settings.input.topic, f"{view.topics.group}:rekey")
            if settings.rekeys
            else None
        ),
        links={"self": path, "entities": f"{path}/entities", "scores": f"{path}/scores"},
    )


def _model(settings: DetectorSettings) -> Model:
    config = settings.config()
    return Model(
        features=list(config.features),
        shingle_size=config.shingle_size,
        n_trees=config.n_trees,
        sample_size=config.sample_size,
        time_decay=config.decay,
        score=config.score,
        alarm_rate=config.alarm_rate,
        warmup=config.records_to_warm,
    )
