"""Consumer groups: members, generations and ownership.

Every function works inside the caller's write transaction, so a group never shows a half-done
change. A change of members or owners raises the group's generation by one. A member's epoch is the
generation at which it joined; an owned partition carries the generation at which its owner got it.
Both only grow, so neither is ever mistaken for an older one.

A partition that has to move from a live member stays its own (`owner` differs from `target`) until
that member releases it between two polls: moving partitions fences nobody who is still there.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

from stream.transports.sqlite.assignment import assign


class Owned(NamedTuple):
    """One owned partition, and since when. Two of them are equal only if it was never given up in
    between."""

    uid: int
    generation: int


def group_id(db: sqlite3.Connection, name: str) -> int:
    """The id of a group, created if need be."""
    db.execute("INSERT OR IGNORE INTO consumer_groups (name) VALUES (?)", (name,))
    row = db.execute("SELECT id FROM consumer_groups WHERE name = ?", (name,)).fetchone()
    return int(row[0])


def join(
    db: sqlite3.Connection,
    group: int,
    member: str,
    topics: Iterable[str],
    *,
    now_ms: int,
    timeout_ms: int,
) -> int:
    """Add a member, replacing an older one of the same name; return its epoch."""
    _forget_expired(db, group, now_ms)
    db.execute(
        "UPDATE ownership SET owner = NULL WHERE group_id = ? AND owner = ?", (group, member)
    )
    epoch = _generation(db, group) + 1
    db.execute(
        "INSERT OR REPLACE INTO members (group_id, name, epoch, deadline, topics)"
        " VALUES (?, ?, ?, ?, ?)",
        (group, member, epoch, now_ms + timeout_ms, json.dumps(sorted(topics))),
    )
    _rebalance(db, group)
    return epoch


def leave(db: sqlite3.Connection, group: int, member: str, epoch: int) -> None:
    """Remove a member, unless a newer one took its name."""
    gone = db.execute(
        "DELETE FROM members WHERE group_id = ? AND name = ? AND epoch = ?", (group, member, epoch)
    ).rowcount
    if gone:
        _rebalance(db, group)


def renew(db: sqlite3.Connection, group: int, member: str, epoch: int, deadline_ms: int) -> None:
    """Move a member's deadline, if it still is one."""
    db.execute(
        "UPDATE members SET deadline = ? WHERE group_id = ? AND name = ? AND epoch = ?",
        (deadline_ms, group, member, epoch),
    )


def expire(db: sqlite3.Connection, group: int, now_ms: int) -> None:
    """Remove the members whose deadline is over, and hand on what they had."""
    if _forget_expired(db, group, now_ms):
        _rebalance(db, group)


def release(db: sqlite3.Connection, group: int, member: str, epoch: int) -> None:
    """Hand over the partitions of this member that are meant for others."""
    if not is_member(db, group, member, epoch):
        return
    moved = db.execute(
        "UPDATE ownership SET owner = target, generation = ?"
        " WHERE group_id = ? AND owner = ? AND target <> owner",
        (_generation(db, group) + 1, group, member),
    ).rowcount
    if moved:
        _next_generation(db, group)


def is_member(db: sqlite3.Connection, group: int, member: str, epoch: int) -> bool:
    """Whether the member of this epoch still belongs to the group."""
    row = db.execute(
        "SELECT 1 FROM members WHERE group_id = ? AND name = ? AND epoch = ?",
        (group, member, epoch),
    ).fetchone()
    return row is not None


def owns(db: sqlite3.Connection, group: int, member: str, owned: Owned) -> bool:
    """Whether the member has this partition, without a break since it got it."""
    row = db.execute(
        "SELECT 1 FROM ownership WHERE group_id = ? AND uid = ? AND owner = ? AND generation = ?",
        (group, owned.uid, member, owned.generation),
    ).fetchone()
    return row is not None


def _rebalance(db: sqlite3.Connection, group: int) -> None:
    generation = _next_generation(db, group)
    subscriptions = _subscriptions(db, group)
    held = _held(db, group, subscriptions)
    targets = assign(
        subscriptions, _partitions(db, subscriptions), {uid: who for uid, (who, _) in held.items()}
    )
    rows = []
    for uid, target in targets.items():
        holder, since = held.get(uid, (None, None))
        owner, owned_since = (target, generation) if since is None else (holder, since)
        rows.append((group, uid, owner, owned_since, target))
    db.execute("DELETE FROM ownership WHERE group_id = ?", (group,))
    db.executemany(
        "INSERT INTO ownership (group_id, uid, owner, generation, target) VALUES (?, ?, ?, ?, ?)",
        rows,
    )


def _held(
    db: sqlite3.Connection, group: int, members: Iterable[str]
) -> dict[int, tuple[str, int | None]]:
    """uid -> (live owner, generation), or (planned owner, None) where the owner is gone."""
    live = set(members)
    rows = db.execute(
        "SELECT uid, owner, generation, target FROM ownership WHERE group_id = ?", (group,)
    )
    return {
        uid: (owner, generation) if owner in live else (target, None)
        for uid, owner, generation, target in rows
    }


def _subscriptions(db: sqlite3.Connection, group: int) -> dict[str, frozenset[str]]:
    rows = db.execute("SELECT name, topics FROM members WHERE group_id = ?", (group,))
    return {name: frozenset(json.loads(topics)) for name, topics in rows}


def _partitions(db: sqlite3.Connection, subscriptions: dict[str, frozenset[str]]) -> dict[int, str]:
    names = sorted(frozenset().union(*subscriptions.values()))
    rows = db.execute(
        "SELECT p.uid, t.name FROM partitions AS p JOIN topics AS t ON t.id = p.topic_id"
        " WHERE t.name IN (SELECT value FROM json_each(?))",
        (json.dumps(names),),
    )
    return dict(rows.fetchall())


def _forget_expired(db: sqlite3.Connection, group: int, now_ms: int) -> int:
    return db.execute(
        "DELETE FROM members WHERE group_id = ? AND deadline < ?", (group, now_ms)
    ).rowcount


def _generation(db: sqlite3.Connection, group: int) -> int:
    row = db.execute("SELECT generation FROM consumer_groups WHERE id = ?", (group,)).fetchone()
    return int(row[0])


def _next_generation(db: sqlite3.Connection, group: int) -> int:
    db.execute("UPDATE consumer_groups SET generation = generation + 1 WHERE id = ?", (group,))
    return _generation(db, group)
