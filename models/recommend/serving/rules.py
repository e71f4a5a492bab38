"""The rules that stand between what models found and what is served."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, isfinite

from models.errors import InvalidParameter
from models.recommend.serving.filters import Filter


@dataclass(frozen=True, slots=True, kw_only=True)
class Boost:
    """Raises, or lowers, the items that pass a filter.

    A score of 0 or more is multiplied by `times`, one below 0 divided by it, so that more than 1 always raises; then
    `plus` is added. Raises InvalidParameter.
    """

    filter: Filter
    times: float = 1.0
    plus: float = 0.0

    def __post_init__(self) -> None:
        if not (isfinite(self.times) and self.times > 0.0):
            raise InvalidParameter("times", "a boost", "a finite number above 0", self.times)
        if not isfinite(self.plus):
            raise InvalidParameter("plus", "a boost", "a finite number", self.plus)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """Puts an item at a fixed place, in answers that are long enough and may hold it.

    place: from 1, the first. Raises InvalidParameter.
    """

    place: int
    item: str

    def __post_init__(self) -> None:
        if self.place < 1:
            raise InvalidParameter("place", "a pin", "at least 1", self.place)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What may be served, and where.

    reshow: per kind of interaction, seconds of event time after which an item may be shown again to the user who
        touched it so: 0 at once, inf never. Kinds that are not listed: inf.
    dislikes: kinds of interaction whose items are not served to the user again, even where seen ones are.
    blocked: ids of items that are never served.
    boosts: applied in their order.
    pins: of different places and items.
    max_per_category: how many ranked items of an answer may share a category; None: any number.
    explore: the share of an answer's places, from 0 to 1, that new items get by chance.
    new_below: an item is new as long as it has fewer interactions than this.
    chance: how much of the choice among new items is even-handed, above 0 and at most 1; the rest goes by likeness to
        what the user touched.
    overfetch: how many times the asked-for number of items is looked at before the rules cut.

    Raises InvalidParameter.
    """

    reshow: tuple[float, ...] = ()
    dislikes: tuple[int, ...] = ()
    blocked: tuple[str, ...] = ()
    boosts: tuple[Boost, ...] = ()
    pins: tuple[Pin, ...] = ()
    max_per_category: int | None = None
    explore: float = 0.0
    new_below: int = 5
    chance: float = 0.2
    overfetch: int = 4

    def __post_init__(self) -> None:
        owner = "the rules"
        places, items = {pin.place for pin in self.pins}, {pin.item for pin in self.pins}
        rules: list[tuple[str, bool, str]] = [
            ("reshow", all(0.0 <= each <= inf for each in self.reshow), "0 seconds or more each"),
            (
                "pins",
                len(places) == len(items) == len(self.pins),
                "of different places and items",
            ),
            (
                "max_per_category",
                self.max_per_category is None or self.max_per_category >= 1,
                "at least 1, or null",
            ),
            ("explore", 0.0 <= self.explore <= 1.0, "from 0 to 1"),
            ("new_below", self.new_below >= 1, "at least 1"),
            ("chance", 0.0 < self.chance <= 1.0, "above 0 and at most 1"),
            ("overfetch", 1 <= self.overfetch <= 100, "from 1 to 100"),
        ]
        for field, holds, rule in rules:
            if not holds:
                raise InvalidParameter(field, owner, rule, getattr(self, field))
