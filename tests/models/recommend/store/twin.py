"""The slow, obvious twin of the store: dicts in the order of the last touch, and lists of interactions."""

from __future__ import annotations

import math
from collections import OrderedDict

from models.recommend.records import Interaction
from models.recommend.store.store import Limits


class Twin:
    """Remembers users, items and histories by the same rules, one operation after another."""

    def __init__(self, limits: Limits, window: int, most_leaving: int) -> None:
        self.limits, self.window, self.most_leaving = limits, window, most_leaving
        self.users: OrderedDict[str, float] = OrderedDict()
        """User -> time mark of the last touch, the one idle longest first."""
        self.items: OrderedDict[str, float] = OrderedDict()
        self.histories: dict[str, list[Interaction]] = {}
        self.generations: dict[str, int] = {}
        """Item -> how often it has been made; an interaction with an older one says nothing."""
        self.lived: dict[str, list[int]] = {}
        self.sequence = 0
        self.mark = math.nan
        self.low = math.inf

    def interact(self, event: Interaction) -> None:
        self._touch(self.users, event.user)
        self.put(event.item)
        self.histories.setdefault(event.user, []).append(event)
        self.lived.setdefault(event.user, []).append(self.generations[event.item])
        self.low = min(self.low, event.time)
        self._count()

    def put_item(self, item: str, time: float) -> None:
        self.put(item)
        self.low = min(self.low, time)
        self._count()

    def remove_item(self, item: str) -> None:
        self.items.pop(item, None)
        self._count()

    def forget_user(self, user: str) -> None:
        self._forget(user)
        self._count()

    def history(self, user: str) -> list[Interaction]:
        """Newest first."""
        newest = list(zip(self.histories[user], self.lived[user], strict=True))
        newest = newest[-self.limits.history :][::-1]
        return [
            event
            for event, generation in newest
            if event.item in self.items and self.generations[event.item] == generation
        ]

    def put(self, item: str) -> None:
        if item not in self.items:
            self.generations[item] = self.generations.get(item, 0) + 1
        self._touch(self.items, item)

    def _touch(self, order: OrderedDict[str, float], name: str) -> None:
        order[name] = self.mark
        order.move_to_end(name)

    def _forget(self, user: str) -> None:
        self.users.pop(user, None)
        self.histories.pop(user, None)
        self.lived.pop(user, None)

    def _count(self) -> None:
        self.sequence += 1
        if self.sequence % self.window:
            return
        if self.low < math.inf and not self.low <= self.mark:
            if math.isnan(self.mark):
                for order in (self.users, self.items):
                    order.update(dict.fromkeys(order, self.low))
            self.mark = self.low
        self.low = math.inf
        limits = self.limits
        for user in self._leaving(self.users, limits.max_users, limits.user_ttl):
            self._forget(user)
        for item in self._leaving(self.items, limits.max_items, limits.item_ttl):
            del self.items[item]

    def _leaving(self, order: OrderedDict[str, float], most: int, ttl: float | None) -> list[str]:
        leaving: list[str] = []
        for name, mark in order.items():
            surplus = len(order) - len(leaving) > most
            idle = ttl is not None and mark < self.mark - ttl
            if len(leaving) == self.most_leaving or not (surplus or idle):
                break
            leaving.append(name)
        return leaving
