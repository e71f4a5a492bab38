"""A member's life in its group, seen from its session."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from stream.errors import FencedError
from stream.records import TopicPartition
from stream.transports.sqlite import groups
from stream.transports.sqlite.connection import Connection, Row
from stream.transports.sqlite.groups import Owned

Clock = Callable[[], float]
RENEWALS = 5
"""How often a member that polls all the time moves its deadline per session timeout."""

STATE = (
    "SELECT g.generation, m.epoch, (SELECT min(deadline) FROM members WHERE group_id = g.id)"
    " FROM consumer_groups AS g LEFT JOIN members AS m ON m.group_id = g.id AND m.name = ?"
    " WHERE g.id = ?"
)
OWNED = (
    "SELECT t.name, p.partition, o.uid, o.generation, o.target FROM ownership AS o"
    " JOIN members AS m ON m.group_id = o.group_id AND m.name = o.owner AND m.epoch = ?"
    " JOIN partitions AS p ON p.uid = o.uid JOIN topics AS t ON t.id = p.topic_id"
    " WHERE o.group_id = ? AND o.owner = ? ORDER BY t.name, p.partition"
)


class Change(NamedTuple):
    """How the assignment changed. A partition that was lost and came back is in both."""

    lost: frozenset[TopicPartition]
    gained: frozenset[TopicPartition]


NO_CHANGE = Change(frozenset(), frozenset())


class Membership:
    """One member: joined, renewed, balanced. `owned` is its assignment as of the last `sync`.

    `renew` is safe from another thread.
    """

    def __init__(
        self,
        connection: Connection,
        clock: Clock,
        group: str,
        member: str,
        topics: Sequence[str],
        timeout: float,
    ) -> None:
        self.owned: dict[TopicPartition, Owned] = {}
        self._connection = connection
        self._clock = clock
        self._name = f"Member {member!r} of group {group!r}"
        self._member = member
        self._topics = tuple(topics)
        # A member is allowed one interval more, because it may go silent just before it would have
        # moved its deadline again.
        self._interval_ms = max(1, round(timeout * 1000 / RENEWALS))
        self._timeout_ms = (RENEWALS + 1) * self._interval_ms
        self._generation = -1
        self.group_id = connection.transact(lambda db: groups.group_id(db, group))
        self._join()

    def sync(self) -> Change:
        """Stay a member, see to it that silent members are removed, and take note of the
        assignment.

        Raises FencedError when a newer member took this one's name.
        """
        generation, epoch, earliest_deadline = self._connection.query(
            STATE, (self._member, self.group_id)
        )[0]
        if epoch is None:
            self._join()
        elif epoch != self._epoch:
            raise FencedError(f"{self._name} was replaced by a newer member of the same name.")
        elif earliest_deadline < self._now_ms():
            self._expire()
        else:
            self.renew()
            if generation == self._generation:
                return NO_CHANGE
        return self._take_note()

    def renew(self) -> None:
        """Move the deadline if it is due; not at every call, since writes are dear."""
        if self.renewal_due():
            self.renewed(self._connection.transact(self.renew_in))

    def renewal_due(self) -> bool:
        """Whether the deadline has to be moved again."""
        return abs(self._now_ms() - self._renewed_ms) >= self._interval_ms

    def seconds_until_due(self) -> float:
        """After how many seconds `sync` has something to do even if nothing else happens."""
        return self._interval_ms / 1000

    def renew_in(self, db: sqlite3.Connection) -> int:
        """Move the deadline inside the caller's transaction; return the time for `renewed`."""
        now = self._now_ms()
        groups.renew(db, self.group_id, self._member, self._epoch, now + self._timeout_ms)
        return now

    def renewed(self, at_ms: int) -> None:
        """Take note that a transaction with `renew_in` was committed."""
        self._renewed_ms = at_ms

    def check_in(self, db: sqlite3.Connection, tps: Iterable[TopicPartition]) -> None:
        """Raise FencedError, inside the caller's transaction, unless these are its own still."""
        if not groups.is_member(db, self.group_id, self._member, self._epoch):
            raise FencedError(f"{self._name} was silent for too long, or replaced by a newer one.")
        for tp in tps:
            owned = self.owned.get(tp)
            if owned is None or not groups.owns(db, self.group_id, self._member, owned):
                raise FencedError(f"{self._name} does not own {tp.topic}/{tp.partition} any more.")

    def leave(self) -> None:
        """Leave the group; others take over at their next poll."""
        self._connection.transact(
            lambda db: groups.leave(db, self.group_id, self._member, self._epoch)
        )
        self.owned = {}

    def _join(self) -> None:
        now = self._now_ms()
        self._epoch = self._connection.transact(
            lambda db: groups.join(
                db,
                self.group_id,
                self._member,
                self._topics,
                now_ms=now,
                timeout_ms=self._timeout_ms,
            )
        )
        self._renewed_ms = now

    def _expire(self) -> None:
        def work(db: sqlite3.Connection) -> int:
            now = self.renew_in(db)  # first, or a member that slept itself would remove itself
            groups.expire(db, self.group_id, now)
            return now

        self.renewed(self._connection.transact(work))

    def _take_note(self) -> Change:
        # The generation is read before the rows: a change in between is seen again by the next
        # sync.
        generation = self._connection.query(STATE, (self._member, self.group_id))[0][0]
        rows = self._read_owned()
        if any(target != self._member for *_, target in rows):
            self._connection.transact(
                lambda db: groups.release(db, self.group_id, self._member, self._epoch)
            )
            rows = self._read_owned()
        new = {
            TopicPartition(topic, partition): Owned(uid, since)
            for topic, partition, uid, since, _ in rows
        }
        old, self.owned, self._generation = self.owned, new, generation
        return Change(
            frozenset(tp for tp in old if old[tp] != new.get(tp)),
            frozenset(tp for tp in new if new[tp] != old.get(tp)),
        )

    def _read_owned(self) -> list[Row]:
        return self._connection.query(OWNED, (self._epoch, self.group_id, self._member))

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)
