"""The metrics record: how good each of a predictor's models has been."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from stream.codec.prediction.record import EventTime, Outcome, PredictorName
from stream.codec.score import Source

Figures = dict[str, float | None]

MEASURES = (
    "In classification `accuracy`, `balanced_accuracy`, `precision`, `recall`, `f1`, `kappa`, "
    "`log_loss` and, where there are two classes, `roc_auc`; in regression `mae`, `rmse`, `r2`. "
    "Precision, recall and F1 are those of the positive class where there are two classes, else "
    "macro averages. `labels` says over how many answers. Null: not known yet."
)


class ConfusionCell(msgspec.Struct, frozen=True, gc=False):
    """How often one class was answered where another, or the same, was true."""

    label: Annotated[Outcome, Meta(description="The true class.")]
    prediction: Annotated[Outcome, Meta(description="The class that was answered.")]
    count: Annotated[int, Meta(ge=1, description="How often.")]


class ModelMetrics(msgspec.Struct, frozen=True, gc=False):
    """How good one model has been; each answer was judged before its label was learned."""

    counts: Annotated[
        dict[str, int],
        Meta(
            description=(
                "`learned` labels, `unanswered` events (the model had no answer yet), `errors`, "
                "`warnings` and `drifts`."
            )
        ),
    ]
    total: Annotated[Figures, Meta(description="Since it began, by measure. " + MEASURES)]
    window: Annotated[
        Figures, Meta(description="Over the newest labels (`metrics.window`), by measure.")
    ]
    confusion: Annotated[
        tuple[ConfusionCell, ...],
        Meta(
            description="The confusion matrix since it began, without empty cells; classification."
        ),
    ]


class MetricsRecord(msgspec.Struct, frozen=True, gc=False):
    """How good each of a predictor's models has been."""

    predictor: PredictorName
    entity: Annotated[
        str | None,
        Meta(description="Whose models these are; null where a partition's entities share them."),
    ]
    time: EventTime
    model: Annotated[str, Meta(min_length=1, description="The champion.")]
    models: Annotated[dict[str, ModelMetrics], Meta(description="By model, its measures.")]
    labels: Annotated[int, Meta(ge=1, description="Labels that came in time for their event.")]
    events: Annotated[
        dict[str, int],
        Meta(
            description=(
                "What became of events: `predicted`; `skipped`, as a feature was missing; "
                "`labelled`; `expired` at the deadline without a label; `crowded_out` by too many "
                "others that waited; `pending` now. And `unknown`: labels of events that did not "
                "wait for one."
            )
        ),
    ]
    source: Annotated[Source, Meta(description="The input record whose label was the last.")]
