"""What is answered where something went wrong."""

from __future__ import annotations

from pydantic import Field

from api.schemas.answer import Answer


class ParameterError(Answer):
    """One parameter at fault."""

    parameter: str = Field(examples=["limit"])
    detail: str = Field(examples=["Input should be less than or equal to 1000"])


class Problem(Answer):
    """What went wrong (RFC 9457)."""

    type: str = Field(description="A URI of the kind of problem.", examples=["about:blank"])
    title: str = Field(description="The status in words.", examples=["Not Found"])
    status: int = Field(description="The HTTP status.", examples=[404])
    detail: str = Field(
        description="What is wrong with this request.", examples=["There is no detector 'pumps'."]
    )
    instance: str = Field(
        description="The path that was asked for.", examples=["/v1/detectors/pumps"]
    )
    errors: list[ParameterError] | None = Field(
        default=None, description="The parameters at fault, where that is what is wrong."
    )
