"""The change record: what became of a predictor's models."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from stream.codec.prediction.record import EventTime, PredictorName
from stream.codec.score import Source


class ChangeRecord(msgspec.Struct, frozen=True, gc=False):
    """What became of one of a predictor's models."""

    predictor: PredictorName
    entity: Annotated[
        str | None,
        Meta(description="Whose model it is; null where all entities of the partition are meant."),
    ]
    time: EventTime
    change: Annotated[
        Literal["warning", "drift", "diverged", "promotion"],
        Meta(
            description=(
                "`warning`: the model's error may have risen. `drift`: it has risen. `diverged`: the "
                "model gave nothing but errors. `promotion`: the model is champion from here on."
            )
        ),
    ]
    action: Annotated[
        Literal["none", "train", "reset", "swap", "promote"],
        Meta(
            description=(
                "`none`: this is all that happens. `train`: a model began that takes over at a "
                "drift. `reset`: the model began anew. `swap`: the model trained since the warning "
                "took over. `promote`: its answers are the predictions."
            )
        ),
    ]
    model: Annotated[str, Meta(min_length=1, description="The model.")]
    previous: Annotated[
        str | None, Meta(description="Of a promotion: the champion before; else null.")
    ]
    detector: Annotated[
        str | None, Meta(description="What watches the error; null for a promotion.")
    ]
    labels: Annotated[
        int | None, Meta(description="Labels that the model had learned; null for a promotion.")
    ]
    before: Annotated[
        float | None, Meta(description="Mean error before the change; null for a promotion.")
    ]
    after: Annotated[float | None, Meta(description="Mean error since; null for a promotion.")]
    source: Annotated[Source, Meta(description="The record that brought it about.")]
