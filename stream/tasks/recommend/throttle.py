"""When a user whose recommendations have changed is told them: at once, and then once per interval of event time."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import msgspec

from models.errors import CorruptState

SLOTS = 16
"""Pieces that the saved state consists of; each checkpoint writes one of them."""


class _Entry:
    """A user who was told something not long ago."""

    __slots__ = ("due", "order", "slot", "traces", "waits")

    def __init__(self, due: float, order: int, *, waits: bool = False, traces: int = 0) -> None:
        self.due = due
        """Event time from which on the user may be told again."""
        self.order = order
        """How many were told anything before, ever."""
        self.waits = waits
        """Whether something has changed since."""
        self.slot = -1
        """The piece that it was last written to; -1: it has changed since."""
        self.traces = traces
        """The pieces that may name the user: bit k for piece k."""


class _Saved(msgspec.Struct, array_like=True, frozen=True):
    clock: float
    told: int
    checkpoints: int
    entries: list[tuple[str, float, int, bool]]


class Throttle:
    """Decides by event time alone, the newest that was seen: late records move nothing.

    Whoever changes is told at once if nothing was told for `every` seconds; else as soon as they are over.
    """

    def __init__(self, every: float) -> None:
        self.every = every
        self.clock = float("-inf")
        """The newest event time, seconds since the epoch."""
        self._told = 0
        self._checkpoints = 0
        self._naming = 0
        """The pieces that name a user who was forgotten since the last checkpoint: bit k for piece k."""
        self._entries: dict[str, _Entry] = {}
        self._queue: deque[tuple[float, int, str]] = deque()
        """(due, order, user) of every entry, and of some that are no more; in the order of both."""

    def __len__(self) -> int:
        """Users who are remembered."""
        return len(self._entries)

    def changed(self, user: str, time: float) -> list[str]:
        """Something was learned about a user: all who are to be told of it, or of earlier changes, in order."""
        due = self.passed(time)
        entry = self._entries.get(user)
        if entry is None or entry.due <= self.clock:
            self._tell(user)
            due.append(user)
        elif not entry.waits and user not in due:
            entry.waits, entry.slot = True, -1
        return due

    def passed(self, time: float) -> list[str]:
        """Event time has come this far: all who have waited for it, in order."""
        if time <= self.clock:
            return []
        self.clock = time
        waited = []
        while self._queue and self._queue[0][0] <= time:
            _, order, user = self._queue.popleft()
            entry = self._entries.get(user)
            if entry is None or entry.order != order:
                continue
            if entry.waits:
                waited.append(user)
            else:
                del self._entries[user]
        for user in waited:
            self._tell(user)
        return waited

    def forget(self, user: str) -> None:
        """Nothing is to be told to the user any more; the next checkpoint writes anew what may name the user."""
        entry = self._entries.pop(user, None)
        if entry is not None:
            self._naming |= entry.traces

    def checkpoint(self) -> Iterator[tuple[bytes, bytes]]:
        """The pieces to be written, by name."""
        turn = self._checkpoints % SLOTS
        self._checkpoints += 1
        slots = [slot for slot in range(SLOTS) if slot == turn or self._naming >> slot & 1]
        written = sum(1 << slot for slot in slots)
        entries: dict[int, list[tuple[str, float, int, bool]]] = {slot: [] for slot in slots}
        for user, one in self._entries.items():
            one.traces &= ~written
            if one.slot == -1:
                one.slot = turn
            if one.slot in entries:
                one.traces |= 1 << one.slot
                entries[one.slot].append((user, one.due, one.order, one.waits))
        self._naming = 0
        for slot in slots:
            saved = _Saved(self.clock, self._told, self._checkpoints, entries[slot])
            yield b"%d" % slot, msgspec.msgpack.encode(saved)

    def load(self, name: bytes, state: bytes) -> None:
        """Take one piece; newer ones come later. Raises CorruptState."""
        try:
            saved = msgspec.msgpack.decode(state, type=_Saved)
            slot = int(name)
        except (msgspec.MsgspecError, ValueError) as error:
            raise CorruptState(f"A piece of who was told must be one, got {error}.") from error
        self.clock, self._told, self._checkpoints = saved.clock, saved.told, saved.checkpoints
        for user, due, order, waits in saved.entries:
            older = self._entries.pop(user, None)
            traces = 1 << slot | (0 if older is None else older.traces)
            entry = _Entry(due, order, waits=waits, traces=traces)
            entry.slot = slot
            self._entries[user] = entry

    def loaded(self) -> None:
        """All pieces are there."""
        # What an older piece says of a user of whom no newer one speaks is over since, unless it is still to come.
        self._entries = {user: one for user, one in self._entries.items() if one.due > self.clock}
        waiting = ((one.due, one.order, user) for user, one in self._entries.items())
        self._queue = deque(sorted(waiting))

    def _tell(self, user: str) -> None:
        due = self.clock + self.every
        before = self._entries.pop(user, None)
        traces = 0 if before is None else before.traces
        self._entries[user] = _Entry(due, self._told, traces=traces)
        self._queue.append((due, self._told, user))
        self._told += 1
