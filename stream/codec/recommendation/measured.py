"""The record of how well a recommender foresees what comes."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from stream.codec.recommendation.record import EventTime, RecommenderName
from stream.codec.score import Share, Source


class Figures(msgspec.Struct, frozen=True, gc=False):
    """The measures over some interactions, each ranked before it was learned."""

    tests: Annotated[int, Meta(ge=0, description="How many interactions.")]
    recall: Annotated[
        Share | None,
        Meta(description="Share of them whose item was among the first k; null without any."),
    ]
    ndcg: Annotated[Share | None, Meta(description="Normalised discounted cumulative gain at k.")]
    mrr: Annotated[Share | None, Meta(description="Mean reciprocal rank, over all ranks.")]


class Scope(msgspec.Struct, frozen=True, gc=False):
    """The measures in total, or of the moving window."""

    everything: Annotated[Figures, Meta(description="Over all interactions.")]
    cold_users: Annotated[
        Figures, Meta(description="Over those whose user had fewer than `cold` before.")
    ]
    cold_items: Annotated[
        Figures, Meta(description="Over those whose item had fewer than `cold` before.")
    ]
    coverage: Annotated[
        Share | None, Meta(description="Share of all items that was among the first k for anyone.")
    ]
    novelty: Annotated[
        Annotated[float, Meta(ge=0.0)] | None,
        Meta(description="Mean self-information of the items shown, in bits."),
    ]


class RecommenderMetricsRecord(msgspec.Struct, frozen=True, gc=False):
    """How well a recommender foresees what comes."""

    recommender: RecommenderName
    time: EventTime
    interactions: Annotated[int, Meta(ge=1, description="Interactions learned so far.")]
    k: Annotated[int, Meta(ge=1, description="The k of recall and nDCG.")]
    cold: Annotated[
        int, Meta(ge=1, description="Interactions from which a user or an item is not cold.")
    ]
    total: Annotated[Scope, Meta(description="Over all that were ranked.")]
    window: Annotated[Scope, Meta(description="Over the last that were ranked.")]
    source: Annotated[Source, Meta(description="The input record that completed them.")]
