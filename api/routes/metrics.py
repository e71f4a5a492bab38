"""`GET /metrics`: for Prometheus."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Response
from prometheus_client.exposition import choose_encoder

from api.deps import ServicesDep

router = APIRouter(tags=["service"])

EXPOSITION: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Metrics in the Prometheus text format, or OpenMetrics if asked for.",
        "content": {
            "text/plain": {"schema": {"type": "string"}},
            "application/openmetrics-text": {"schema": {"type": "string"}},
        },
    }
}


@router.get("/metrics", summary="Metrics", response_class=Response, responses=EXPOSITION)
def metrics(
    services: ServicesDep, accept: Annotated[str, Header(include_in_schema=False)] = ""
) -> Response:
    """Every metric of this process; their names begin with `cutstream_`."""
    encode, content_type = choose_encoder(accept)
    return Response(encode(services.registry), media_type=content_type)
