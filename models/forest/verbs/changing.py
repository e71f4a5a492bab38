"""Verbs that change how a forest learns from now on."""

from __future__ import annotations

from models.errors import InvalidParameter
from models.forest.changes import change_decay, pause, resume, unlearn
from models.forest.verbs.base import ForestBase


class Changing(ForestBase):
    """All of it is state: a forest that is saved and loaded in between goes on as if it were not."""

    @property
    def paused(self) -> bool:
        """Whether learning is paused."""
        return self._paused

    def change_decay(self, time_decay: float | None) -> None:
        """From the next record on, forget at another rate a point, 0 to 1; None means `0.1 / sample_size`.

        What was learned keeps its weight. Raises InvalidParameter.
        """
        before, self.time_decay = self.time_decay, time_decay
        try:
            decay = self._config(1).decay
        except InvalidParameter:
            self.time_decay = before
            raise
        if self._arena and not self._paused:
            change_decay(self._arena, 0, decay)

    def pause(self) -> None:
        """Learn no more until `resume`: records still move the shingle on, but none is sampled and none forgotten."""
        self._paused = True
        if self._arena:
            pause(self._arena, 0)

    def resume(self) -> None:
        """Learn again."""
        self._paused = False
        if self._arena:
            resume(self._arena, 0, self._config(1).decay)

    def unlearn(self, number: int) -> int:
        """Take back the point that starts with the record of this number, from 0 on; returns how many trees held it.

        A record is part of `shingle_size` points, which start with it or with one of the records before it.
        """
        return unlearn(self._arena, 0, number) if self._arena else 0
