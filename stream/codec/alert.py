"""The alert record: what goes out, beside the score, for a record that is an anomaly."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from stream.codec.score import Attribution, Expected, ScoreRecord

Severity = Literal["info", "warning", "critical"]

SEVERITY_FROM_GRADE: tuple[tuple[float, Severity], ...] = (
    (0.75, "critical"),
    (0.25, "warning"),
    (0.0, "info"),
)
"""From which grade on an alert has which severity, the greatest first."""

_SEVERITIES = " ".join(
    f"`{severity}`: a grade of {grade:g} or more." for grade, severity in SEVERITY_FROM_GRADE
)


class AlertRecord(ScoreRecord, frozen=True, gc=False, kw_only=True):
    """An anomaly, so that nothing else has to be read to tell someone of it."""

    status: Annotated[Literal["anomaly"], Meta(description="Always `anomaly`.")]
    expected: Annotated[
        dict[str, Expected] | None,
        Meta(description="By feature, what should have come; null where it is not explained."),
    ]
    attribution: Annotated[
        dict[str, Attribution] | None,
        Meta(description="By feature, its part in the score; null where it is not explained."),
    ]
    id: Annotated[
        str,
        Meta(
            min_length=1,
            description=(
                "Names this alert for ever: `<topic>-<partition>-<offset>-<detector>-alert`, with "
                "the place of the input record. As in the header `ce_id`."
            ),
        ),
    ]
    severity: Annotated[
        Severity, Meta(description="How bad it is, by the first that fits. " + _SEVERITIES)
    ]
    title: Annotated[str, Meta(min_length=1, description="What is the matter, in a few words.")]
    summary: Annotated[
        str,
        Meta(min_length=1, description="What was seen, what was expected, and how rare that is."),
    ]


def severity_of(grade: float) -> Severity:
    """The severity of an anomaly of this grade, 0..1."""
    return next(severity for least, severity in SEVERITY_FROM_GRADE if grade >= least)
