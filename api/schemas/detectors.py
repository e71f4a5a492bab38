"""Detectors: their configuration, their counts, their lag."""

from __future__ import annotations

from pydantic import Field

from api.schemas.answer import Answer


class Topics(Answer):
    """The topics of a detector."""

    input: str = Field(examples=["pumps"])
    rekeyed: str | None = Field(
        description="The internal topic of re-keyed records; null where there is none.",
        examples=["cutstream.pumps.rekeyed"],
    )
    output: str = Field(examples=["pumps.scores"])
    alerts: str | None = Field(
        description="Where anomalies go once more; null where alerts are off.",
        examples=["pumps.alerts"],
    )
    dead_letters: str = Field(examples=["pumps.dlq"])
    snapshots: str = Field(examples=["cutstream.pumps.snapshots"])


class Model(Answer):
    """What the detector is made of."""

    features: list[str] = Field(description="In the order of the model.", examples=[["flow"]])
    shingle_size: int = Field(description="Consecutive records that make one point.", examples=[8])
    n_trees: int = Field(examples=[50])
    sample_size: int = Field(description="Points in each tree's reservoir.", examples=[256])
    time_decay: float = Field(description="Per record.", examples=[0.00039])
    score: str = Field(examples=["inverse_depth"])
    alarm_rate: float = Field(
        description="Share of normal records that may alarm.", examples=[0.001]
    )
    warmup: int = Field(description="Records of an entity before it is judged.", examples=[136])


class PartitionLag(Answer):
    """How far a reader is in one partition."""

    partition: int = Field(examples=[0])
    first: int = Field(description="The first offset that is still kept.", examples=[0])
    end: int = Field(description="The next offset to be written.", examples=[1268])
    committed: int | None = Field(
        description="The next offset to be read; null where none was committed.", examples=[1268]
    )
    lag: int = Field(description="Records to be read.", examples=[0])


class Lag(Answer):
    """How far a reader is in a topic."""

    total: int = Field(description="Records to be read, over all partitions.", examples=[0])
    partitions: list[PartitionLag]


class StatusCounts(Answer):
    """How many of the indexed score records have each status."""

    warming: int = Field(examples=[136])
    normal: int = Field(examples=[1120])
    anomaly: int = Field(examples=[12])
    suppressed: int = Field(examples=[0])


class Detector(Answer):
    """One detector: how it is configured, and where it stands."""

    name: str = Field(examples=["pumps"])
    topics: Topics
    group: str = Field(description="Its consumer group.", examples=["cutstream.pumps"])
    model: Model
    entities: int = Field(description="How many entities are known.", examples=[1])
    records: StatusCounts
    lag: Lag = Field(description="Of the detector, in the topic that it reads itself.")
    rekeying_lag: Lag | None = Field(
        description="Of the re-keying, in the input; null where records are not re-keyed."
    )
    links: dict[str, str] = Field(examples=[{"entities": "/v1/detectors/pumps/entities"}])


class Detectors(Answer):
    """Every configured detector."""

    detectors: list[Detector]
