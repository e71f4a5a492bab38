"""What a recommender is told, asked, and answers."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from models.recommend.serving.filters import Filter


class Interaction(NamedTuple):
    """That a user did something with an item."""

    user: str
    item: str
    kind: int
    """Which of the configured kinds of interaction (view, purchase...), by its place among them."""
    weight: float
    """How much it says for the item, >= 0; at 0 it is remembered as seen, and nothing else is learned from it."""
    time: float
    """Event time, seconds since the epoch."""


class ItemData(NamedTuple):
    """What is known of an item beside who touched it."""

    categories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    numbers: Mapping[str, float] = MappingProxyType({})
    text: str = ""
    hidden: bool = False
    """Learned from, but never recommended."""
    vector: tuple[float, ...] = ()
    """What an embedding of its own says of it, of any length; stands in place of text, categories, tags and numbers."""


class Request(NamedTuple):
    """A question for recommendations. Answering it changes nothing."""

    user: str | None = None
    n: int = 10
    """How many items at most, >= 1."""
    session: tuple[str, ...] = ()
    """Items of the running session, oldest first; they count as the user's newest."""
    filter: Filter | None = None
    exclude: tuple[str, ...] = ()
    exclude_seen: bool = True
    segment: str | None = None
    """Category whose trending items stand in where nothing is known of the user."""
    time: float | None = None
    """Seconds since the epoch; None: the newest event time."""
    draw: int = 0
    """Chooses among the items that may be explored; the same draw gives the same items."""


class Recommended(NamedTuple):
    """One recommended item."""

    item: str
    score: float
    """Higher is better among the ranked items of one answer; of an explored one, how like it is to what the user
    touched, from -1 to 1; of a pinned one, 0."""
    source: str
    """What put it there: the name of a model, `explore`, `pinned`..."""
    because: str | None
    """An item of the user's own that led to it, if there is one."""
    propensity: float | None
    """With which probability it was chosen, in (0, 1], where chance had a part; else None."""
