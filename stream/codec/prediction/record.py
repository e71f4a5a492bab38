"""The prediction record: what a predictor says of one event."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from stream.codec.score import Share, Source

Outcome = bool | int | float | str
"""A class or a number."""
Probabilities = dict[str, Share]

TIME_PATTERN = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$"
EventTime = Annotated[
    str, Meta(pattern=TIME_PATTERN, description="Event time: RFC 3339 in UTC, with microseconds.")
]
PredictorName = Annotated[str, Meta(min_length=1, description="Name of the predictor.")]


class ModelAnswer(msgspec.Struct, frozen=True, gc=False):
    """What one model said."""

    prediction: Annotated[
        Outcome | None,
        Meta(description="The class or the number; null where the model has none to give yet."),
    ]
    probabilities: Annotated[
        Probabilities | None,
        Meta(description="By class, its probability; null in regression, and where none is known."),
    ]
    error: Annotated[
        str | None,
        Meta(
            description=(
                "Why the model failed, in which case its prediction is the last sound one; else null."
            )
        ),
    ]


class PredictionRecord(msgspec.Struct, frozen=True, gc=False):
    """What a predictor says of one event."""

    predictor: PredictorName
    entity: Annotated[
        str,
        Meta(
            min_length=1,
            description=(
                "Whom the event is about: its key, the JSON array of a composite key, or `all` "
                "where there is no key. Bytes that are not UTF-8 appear as `\\xNN`."
            ),
        ),
    ]
    id: Annotated[str, Meta(min_length=1, description="Id of the event, which its label names.")]
    time: EventTime
    prediction: Annotated[
        Outcome | None,
        Meta(description="The champion's: the class or the number; null where it has none yet."),
    ]
    probabilities: Annotated[
        Probabilities | None,
        Meta(description="The champion's: by class, its probability; null where none is known."),
    ]
    model: Annotated[str, Meta(min_length=1, description="The champion, whose prediction this is.")]
    models: Annotated[
        dict[str, ModelAnswer],
        Meta(
            description=(
                "By model, champion and challengers, what it said; empty where the event was "
                "skipped, as a feature is missing and `missing` is `skip`."
            )
        ),
    ]
    imputed: Annotated[
        tuple[str, ...], Meta(description="Names of the features that were missing.")
    ]
    labels: Annotated[
        int, Meta(ge=0, description="Labels that the models had learned before they answered.")
    ]
    source: Annotated[Source, Meta(description="The input record.")]
