"""The service itself: where to begin, and how it is."""

from __future__ import annotations

from pydantic import Field

from api.schemas.answer import Answer


class Root(Answer):
    """Where to begin."""

    name: str = Field(examples=["cutstream"])
    version: str = Field(examples=["0.1.0"])
    links: dict[str, str] = Field(examples=[{"detectors": "/v1/detectors"}])


class Live(Answer):
    """The process answers."""

    status: str = Field(examples=["alive"])


class Check(Answer):
    """One thing that readiness depends on."""

    ready: bool
    detail: str = Field(examples=["the index has caught up"])


class Ready(Answer):
    """Whether requests should be sent here, and what that hangs on."""

    ready: bool
    checks: dict[str, Check] = Field(
        description=(
            "`index:<name>` for each detector and predictor; `worker` and `task:<name>` where one "
            "runs in this process, `follow:<name>` where live states are followed."
        ),
        examples=[{"index:pumps": {"ready": True, "detail": "the index has caught up"}}],
    )
