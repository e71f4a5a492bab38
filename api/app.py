"""The application: one call makes it, and everything that it needs is handed in."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from api import errors, openapi
from api.deps import Services, Worker, topics_of
from api.headers import SecurityHeaders
from api.live import Live
from api.routes import (
    detectors,
    entities,
    health,
    live,
    metrics,
    predictors,
    recommendations,
    recommenders,
    records,
    root,
    scores,
)
from api.security import BearerToken
from stream.query import DetectorView, PredictionView, Refresher
from stream.query.describe import describe
from stream.query.formats import scores_as_json
from stream.settings import Settings
from stream.transports.protocol import Transport

# A path that is part of another one comes before it; the one that is asked most comes first.
ROUTES = (
    recommendations,
    root,
    health,
    metrics,
    detectors,
    scores,
    live,
    entities,
    records,
    recommenders,
    predictors,
)


def create_app(
    settings: Settings,
    transport: Transport,
    worker: Worker | None = None,
    registry: CollectorRegistry | None = None,
    *,
    max_records: int = 200_000,
) -> FastAPI:
    """The HTTP interface to a configuration's tasks. It writes to the log only what it is asked to write,
    and only where `api.writes` says so.

    transport: must be safe to share between threads; who made it closes it, after the application
    has shut down. worker: the one in this process, if any; readiness hangs on it. registry: what
    `/metrics` shows. max_records: the newest outputs of each detector and predictor to be kept in memory.
    """
    as_json = scores_as_json(settings)
    views = {
        name: DetectorView(
            transport,
            name,
            topics_of(name, detector),
            describe,
            max_records=max_records,
            as_json=as_json,
        )
        for name, detector in settings.detectors.items()
    }
    predictions = {
        name: PredictionView(transport, name, predictor.output.topic, max_records=max_records)
        for name, predictor in settings.predictors.items()
    }
    registry = registry or CollectorRegistry()
    services = Services(
        settings,
        transport,
        worker,
        registry,
        views,
        predictions,
        Refresher([*views.values(), *predictions.values()]),
        Live(settings, transport, worker, registry),
    )
    app = FastAPI(
        title="cutstream",
        version=root.program_version(),
        summary=openapi.SUMMARY,
        description=openapi.DESCRIPTION,
        openapi_tags=openapi.TAGS,
        responses=openapi.PROBLEMS,
        docs_url=None,  # its pages load scripts from a third party
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
        redirect_slashes=False,  # an entity may end in a slash
        lifespan=_lifespan,
    )
    app.state.services = services
    for module in ROUTES:
        app.include_router(module.router)
    errors.install(app)
    openapi.install(app, secured=settings.api.token is not None)
    if settings.api.token is not None:
        app.add_middleware(BearerToken, token=settings.api.token.get_secret_value())
    app.add_middleware(SecurityHeaders)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    services: Services = app.state.services
    services.refresher.start()
    services.live.start()
    try:
        yield
    finally:
        services.live.close()
        services.refresher.close()
        for view in services.views.values():
            view.close()
        for predictions in services.predictions.values():
            predictions.close()
