"""What the ranking models keep, in the shape that kernels take. Rows are those of the store's users and items.

An item's features, for one user at one moment, are the coordinates of the blend:

    0 .. trends-1   log2 of its decayed popularity, one per half-life
    GROUP           the same among interactions in the user's situation (see kernels.context)
    TOGETHER        how often it came with what the user touched, as log2(1 + 10 count)
    LIFT            the same in relation to how often the item comes at all
    NEXT            how often it came right after what the user touched last, as a lift
    SESSION         how often it came in one session with the items of the running one
    LIKE            likeness of its content to the user's profile
    LIKE_LAST       likeness of its content to the item touched last
    LIKE_NEW        LIKE, fading as the item becomes known
    TASTE           dot product of the factors of user and item
    BIAS            the item's own bias among the factors

GROUP and those behind it are counted from the number of half-lives. All weights are >= 0, so greatest popularity, bias
and length of vectors make a bound of the score; an item without a sum has 0 at TOGETHER, LIFT, NEXT and SESSION.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.compiled import Doubles, Floats, Ints

Words = NDArray[np.uint64]
"""A bit per place of a block, the lowest first."""

GROUP, TOGETHER, LIFT, NEXT, SESSION, LIKE, LIKE_LAST, LIKE_NEW, TASTE, BIAS = range(10)
AFTER_TRENDS = 10
"""Features beside the half-lives."""

GROUPS = 3
"""Situations with a popularity of their own: the first interaction, in a session, coming back."""
SITUATIONS = 10
"""Situations with weights of their own; see kernels.context."""

BLOCK = 64
"""Items that share bounds."""
CLUSTERS = 32
"""Groups of items with like content; the first is of those without any."""
OPEN = CLUSTERS
"""Cluster of items, or of a block, that may hold any content."""
PAD = BLOCK * (CLUSTERS + 1)
"""Places that may be empty, so that each block holds items of one cluster."""


class Trends(NamedTuple):
    """Decayed popularity, lazily scaled: counts grow instead of decaying, and start anew when they get large.

    An epoch of half-life h has SPAN * h interactions. Within one, interaction n adds 2**(n / h) where n counts from
    the epoch's start. Counts of an item touched last in the epoch before are 2**-SPAN as large; older ones are nothing.
    """

    counts: Floats
    """(items, half-lives + GROUPS): the groups behind all."""
    at: Ints
    """(items,): the clock when the item was touched last, -1 before."""
    dirty: NDArray[np.uint8]
    growth: Doubles
    """(half-lives + GROUPS,): what an interaction adds now."""
    starts: Ints
    """(half-lives + GROUPS,): the clock at which the running epochs began."""
    clock: Ints
    """(1,): interactions learned."""
    steps: Doubles
    """(half-lives + GROUPS,): 2**(1 / half-life)."""
    spans: Ints
    """(half-lives + GROUPS,): length of an epoch."""


class Neighbours(NamedTuple):
    """Bounded lists of the items that come with each item."""

    items: NDArray[np.int32]
    """(items, M): -1 where a slot is free."""
    together: Floats
    """(items, M): how often both came to the same user, near ones counting more."""
    together_words: NDArray[np.int32]
    """The same memory: positive floats are ordered as whole numbers are, and those have a least one at once."""
    following: Floats
    """(items, M): how often the other came right after."""
    session: Floats
    """(items, M): how often both came in one session."""
    totals: Floats
    """(items,): interactions with the item."""
    dirty: NDArray[np.uint8]


class Factors(NamedTuple):
    """Matrix factorisation."""

    users: Floats
    """(users, k), k padded to a multiple of LANES."""
    users_known: NDArray[np.uint8]
    """(users,): whether the vector has been drawn."""
    users_dirty: NDArray[np.uint8]
    items: Floats
    biases: Floats
    items_known: NDArray[np.uint8]
    items_dirty: NDArray[np.uint8]
    k: int
    seed: np.uint64
    negatives: int
    rate: float
    regularisation: float


class Content(NamedTuple):
    """What is said of items; width 0 where content is not a model."""

    vectors: Floats
    """(items, 64), of length 1 or 0."""
    profiles: Floats
    """(users, 64), of any length."""
    dirty: NDArray[np.uint8]
    """(users,)."""
    decay: float


class Blend(NamedTuple):
    """Weights of the features, the same for all and a deviation per situation, with AdaGrad's sums of squares."""

    shared: Doubles
    """(features,)."""
    shared_squares: Doubles
    own: Doubles
    """(SITUATIONS, features)."""
    own_squares: Doubles
    active: Doubles
    """(features,): 1, or 0 for a feature of a model that is switched off."""
    leaders: NDArray[np.int32]
    """(LEADERS,): the items that led by popularity and bias when this was last looked up; -1 where there is none."""
    looked: Ints
    """(1,): trending's clock when that was."""
    steps: Ints
    """(1,): steps taken."""
    rate: float


class Bounds(NamedTuple):
    """For exact search: items of like promise and content in blocks, with what no item of a block is above.

    Rows that came since the order was made are not in it yet: their place is their row + PAD. Derived, and valid
    whatever is learned.
    """

    order: NDArray[np.int32]
    """(capacity + PAD,): the item at each place; -1 where there is none."""
    places: NDArray[np.int32]
    """(capacity,): the place of each item."""
    counts: Floats
    """(blocks, half-lives + GROUPS): greatest counts, in the running epochs' units."""
    norms: Floats
    """(blocks,): greatest length of the items' factors."""
    biases: Floats
    """(blocks,): greatest bias, at least 0."""
    clusters: NDArray[np.uint8]
    """(blocks,): the cluster of all items of the block that have content, or OPEN."""
    centres: Floats
    """(CLUSTERS, 64)."""
    radii: Doubles
    """(CLUSTERS,): greatest distance of the content of a cluster's items from its centre."""
    own: Floats
    """(capacity + PAD, half-lives + GROUPS): counts of the item at each place, in the running epochs' units."""
    sketches: NDArray[np.int8]
    """(capacity + PAD, 64): content of the item at each place, in whole steps."""
    steps: Floats
    """(capacity + PAD,): length of a step; 0 where there is no sketch."""
    errors: Floats
    """(capacity + PAD,): how far the content is from the sketch at most."""
    unsettled: Words
    """(blocks,): a bit per place, 1 where the item may have begun to pass a filter since the order was made."""


SUM_TOGETHER, SUM_FOLLOWING, SUM_SESSION = range(3)
SUMS = 4
"""With one that is not used: so the sums of an item never lie in two lines of the cache."""


class Scratch(NamedTuple):
    """Room for one event or request. Sums are 0 between two."""

    sums: Floats
    """(items, SUMS): of the counts in the context's lists, side by side in memory."""
    touched: Ints
    """(L * M,): items with a sum."""
    limits: Doubles
    """(L * M,): what each of them does not have a greater score than."""
    marks: Ints
    """(items,): the number of the event or request that must not meet the item."""
    serial: Ints
    """(1,): the number of the running one."""
    context: Ints
    """(L,): items that the user touched, newest first."""
    away: Doubles
    """(L,): seconds since each."""
    pool: Ints
    """(POOL,): items to compare, the target first."""
    features: Doubles
    """(POOL, features)."""
    scores: Doubles
    """(POOL,)."""
    leaders: Ints
    """(LEADERS,): room to look them up."""
    leading: Doubles
    """(LEADERS,): their scores."""
    gradient: Doubles
    """(features,)."""
    weights: Doubles
    """(features,): of the running situation."""
    wishes: Floats
    """(3, 64): the user's profile at length 1, the last item's content, and both weighted."""
    sketch: NDArray[np.int16]
    """(1, 64): both weighted, in whole steps."""
    taste: Floats
    """(1, k): the user's factors, or 0."""
    reaches: Doubles
    """(CLUSTERS + 1,): what content adds at most to the score of an item of each cluster, and of any."""
    values: Doubles
    """(half-lives + GROUPS, 2): what one counts for, of the running epoch and of the one before."""
