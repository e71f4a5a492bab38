"""`GET /`: where to begin."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from fastapi import APIRouter

from api.schemas.service import Root

router = APIRouter(tags=["service"])

LINKS = {
    "detectors": "/v1/detectors",
    "recommenders": "/v1/recommenders",
    "predictors": "/v1/predictors",
    "openapi": "/openapi.json",
    "metrics": "/metrics",
    "livez": "/livez",
    "readyz": "/readyz",
}


def program_version() -> str:
    """The installed version; 0 in a checkout that is not installed."""
    try:
        return version("cutstream")
    except PackageNotFoundError:
        return "0"


@router.get("/", summary="Where to begin")
async def root() -> Root:
    """The service's name, its version, and links to what it offers."""
    return Root(name="cutstream", version=program_version(), links=LINKS)
