"""The score record: what a detector says of one input record."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

import msgspec
from msgspec import Meta

from stream.codec.reasons import SCORE_SENTENCES, ScoreReason

Status = Literal["warming", "normal", "anomaly", "suppressed"]
STATUSES: tuple[Status, ...] = get_args(Status)
"""In the order of models.detector.decisions.STATUS_NAMES."""

Share = Annotated[float, Meta(ge=0.0, le=1.0)]
_REASONS = " ".join(f"`{reason.value}`: {text}" for reason, text in SCORE_SENTENCES.items())


class Source(msgspec.Struct, frozen=True, gc=False):
    """The input record."""

    topic: Annotated[str, Meta(description="Topic of the input record.")]
    partition: Annotated[int, Meta(ge=0, description="Partition of the input record.")]
    offset: Annotated[int, Meta(ge=0, description="Offset of the input record.")]


class Expected(msgspec.Struct, frozen=True, gc=False):
    """What a feature should have been, given the rest of its shingle."""

    value: Annotated[float, Meta(description="The expected value.")]
    lower: Annotated[float, Meta(description="Lower end of the expected band.")]
    upper: Annotated[float, Meta(description="Upper end of the expected band.")]


class Attribution(msgspec.Struct, frozen=True, gc=False):
    """A feature's part in the score."""

    share: Annotated[Share, Meta(description="Share of the score; the shares sum to 1.")]
    direction: Annotated[
        Literal["high", "low"], Meta(description="Whether the feature was too high or too low.")
    ]


class ScoreRecord(msgspec.Struct, frozen=True, gc=False):
    """What a detector says of one input record."""

    detector: Annotated[str, Meta(min_length=1, description="Name of the detector.")]
    entity: Annotated[
        str,
        Meta(
            min_length=1,
            description=(
                "Whom the record is about: its key, the JSON array of a composite key, or `all` "
                "where there is no key. Bytes that are not UTF-8 appear as `\\xNN`."
            ),
        ),
    ]
    time: Annotated[
        str,
        Meta(
            pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$",
            description="Event time: RFC 3339 in UTC, with microseconds.",
        ),
    ]
    values: Annotated[
        dict[str, float | None],
        Meta(
            description=(
                "The features as they were scored: as given, or estimated where `imputed` names "
                "them; null for what is missing in a record that was skipped."
            )
        ),
    ]
    score: Annotated[float, Meta(ge=0.0, description="Raw score of the model; high = anomalous.")]
    probability: Annotated[
        float,
        Meta(
            gt=0.0,
            le=1.0,
            description=(
                "Calibrated tail probability: how often a normal record of this entity scores at "
                "least as high. 1 while warming."
            ),
        ),
    ]
    grade: Annotated[Share, Meta(description="Severity: 0 = not anomalous, 1 = extreme.")]
    confidence: Annotated[
        Share,
        Meta(description="How full the entity's sample was, lowered by imputed values."),
    ]
    threshold: Annotated[
        float,
        Meta(
            ge=0.0,
            description="The score above which this record would be anomalous; 0 = none yet.",
        ),
    ]
    expected: Annotated[
        dict[str, Expected] | None,
        Meta(
            description="By feature, what should have come; null unless the record is an anomaly that is explained."
        ),
    ]
    attribution: Annotated[
        dict[str, Attribution] | None,
        Meta(
            description="By feature, its part in the score; null unless the record is an anomaly that is explained."
        ),
    ]
    status: Annotated[
        Status,
        Meta(
            description=(
                "`warming`: not judged yet. `normal`, `anomaly`: judged. `suppressed`: kept from "
                "being an anomaly, or not scored; `reasons` says why."
            )
        ),
    ]
    reasons: Annotated[
        tuple[ScoreReason, ...],
        Meta(min_length=1, description="Why the record has its status. " + _REASONS),
    ]
    imputed: Annotated[
        tuple[str, ...], Meta(description="Names of the features that were missing and estimated.")
    ]
    observations: Annotated[
        int,
        Meta(
            ge=0,
            description=(
                "Records of this entity that the model has seen, this one included; 0 for a record "
                "that was skipped."
            ),
        ),
    ]
    source: Annotated[Source, Meta(description="The input record.")]
