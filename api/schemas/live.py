"""Live states: what would be said of a record now, and where an entity stands."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    WithJsonSchema,
)

from api.schemas.answer import Answer
from stream.codec.decoder import LARGEST
from stream.codec.score import Status
from stream.live.states import LONGEST_WAIT

MOST_ROWS = 100
MOST_NEIGHBOURS = 20


def _number(value: float) -> float:
    if not -LARGEST <= value <= LARGEST:
        raise ValueError(f"must be within {-LARGEST:g} and {LARGEST:g}")
    return value


Number = Annotated[
    float,
    Field(strict=True),
    AfterValidator(_number),
    WithJsonSchema({"type": "number", "minimum": -LARGEST, "maximum": LARGEST}),
]
Row = dict[str, Number | None]
Rows = Annotated[list[Row], Field(min_length=1, max_length=MOST_ROWS)]
Values = Annotated[
    Annotated[Row, Tag("one")] | Annotated[Rows, Tag("several")],
    # So that a fault in the one form is not also told as one in the other.
    Discriminator(lambda values: "several" if isinstance(values, list) else "one"),
]
Expected = Annotated[dict[str, Any], WithJsonSchema({"$ref": "#/components/schemas/Expected"})]
Attribution = Annotated[
    dict[str, Any], WithJsonSchema({"$ref": "#/components/schemas/Attribution"})
]


class Question(BaseModel):
    """A part of what is asked."""

    model_config = ConfigDict(extra="forbid")


class After(Question):
    """A record of the topic that the detector reads, which the state must hold."""

    partition: int = Field(ge=0, lt=2**31, examples=[0])
    offset: int = Field(ge=0, lt=2**63, examples=[1267])


class WhatIf(Question):
    """Records that might come next."""

    values: Values = Field(
        description=(
            "The features of a record by name, or of several records. Each is scored on its own, as "
            "the entity's next one; a feature that is null or absent is missing."
        ),
        examples=[{"flow": 97.4}],
    )
    neighbours: int = Field(
        default=0,
        ge=0,
        le=MOST_NEIGHBOURS,
        description="How many of the nearest sampled shingles to add to each; 0 for more than 10 records.",
    )
    after: After | None = Field(
        default=None, description="A record that the state must hold; null takes it as it is."
    )
    wait: float = Field(
        default=5.0, ge=0, le=LONGEST_WAIT, description="Most seconds to wait for that record."
    )


class AsOf(Answer):
    """Which records a state holds."""

    topic: str = Field(
        description="The topic that the detector reads: the input, or that of its re-keyed records.",
        examples=["pumps"],
    )
    partition: int = Field(description="The partition behind it.", examples=[0])
    offset: int = Field(
        description="It holds every record of the partition below this offset.", examples=[1268]
    )


class Neighbour(Answer):
    """A sampled shingle."""

    distance: float = Field(
        description="Sum of the absolute differences, in units of the entity's usual deviations.",
        examples=[0.82],
    )
    age: int = Field(description="How many points ago it was learned.", examples=[112])
    shingle: list[dict[str, float]] = Field(
        description="Its records, oldest first.", examples=[[{"flow": 41.2}]]
    )


class WhatIfScore(Answer):
    """What would be said of a record; the fields are those of a score record."""

    values: dict[str, float | None] = Field(examples=[{"flow": 97.4}])
    score: float = Field(examples=[1.62])
    probability: float = Field(examples=[0.00021])
    grade: float = Field(examples=[0.74])
    confidence: float = Field(examples=[1.0])
    threshold: float = Field(examples=[1.31])
    expected: dict[str, Expected] | None = Field(
        description="By feature, what should come; null while nothing can be scored."
    )
    attribution: dict[str, Attribution] | None = Field(
        description="By feature, its part in the score; null while nothing can be scored."
    )
    status: Status
    reasons: list[str] = Field(examples=[["score_above_threshold"]])
    imputed: list[str] = Field(examples=[[]])
    observations: int = Field(examples=[1269])
    neighbours: list[Neighbour] | None = Field(
        description="The nearest sampled shingles, nearest first; null where none were asked for."
    )


class WhatIfScores(Answer):
    """What would be said of each record."""

    detector: str = Field(examples=["pumps"])
    entity: str = Field(examples=["pump-7"])
    as_of: AsOf
    scores: list[WhatIfScore] = Field(description="In the order of the records.")


class LiveEntity(Answer):
    """Where an entity stands now."""

    detector: str = Field(examples=["pumps"])
    entity: str = Field(examples=["pump-7"])
    as_of: AsOf
    observations: int = Field(description="Records seen so far.", examples=[1268])
    warmup: int = Field(description="Records before it is judged.", examples=[136])
    threshold: float = Field(
        description="The score above which the next record is anomalous; 0 = none yet.",
        examples=[1.31],
    )
    shingle: list[dict[str, float]] = Field(
        description="The newest records as the model has them, oldest first; empty at first.",
        examples=[[{"flow": 41.2}]],
    )
