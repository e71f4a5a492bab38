"""Which member of a group gets which partition: balanced, and sticky."""

from __future__ import annotations

from collections.abc import Mapping


def assign(
    subscriptions: Mapping[str, frozenset[str]],
    partitions: Mapping[int, str],
    held: Mapping[int, str],
) -> dict[int, str]:
    """Spread partitions over members.

    subscriptions: member -> topics it wants. partitions: partition uid -> topic. held: partition
    uid -> member that has it now. Returns partition uid -> member, without the partitions that
    nobody wants.

    A partition stays where it is unless moving it makes two members' loads more equal; where all
    members want the same topics, loads end at most one apart. The result depends on the arguments
    only.
    """
    shares = _Shares(subscriptions, partitions)
    orphans = []
    for uid in sorted(partitions):
        holder = held.get(uid)
        if holder is not None and shares.wants(holder, uid):
            shares.give(uid, holder)
        else:
            orphans.append(uid)
    for uid in orphans:
        shares.give_to_least_loaded(uid)
    while shares.balance_once():
        pass
    return {uid: member for member, uids in shares.uids.items() for uid in uids}


class _Shares:
    """Who has what so far."""

    def __init__(
        self, subscriptions: Mapping[str, frozenset[str]], partitions: Mapping[int, str]
    ) -> None:
        self._subscriptions = subscriptions
        self._topics = partitions
        self.uids: dict[str, set[int]] = {member: set() for member in sorted(subscriptions)}

    def wants(self, member: str, uid: int) -> bool:
        return self._topics[uid] in self._subscriptions.get(member, frozenset())

    def give(self, uid: int, member: str) -> None:
        self.uids[member].add(uid)

    def give_to_least_loaded(self, uid: int) -> None:
        takers = [member for member in self.uids if self.wants(member, uid)]
        if takers:
            topic = self._topics[uid]
            self.give(uid, min(takers, key=lambda m: (self._load(m), self._of_topic(m, topic), m)))

    def balance_once(self) -> bool:
        """Move one partition from a member to one that has at least two fewer; False if there is
        none."""
        by_load = sorted(self.uids, key=lambda member: (self._load(member), member))
        for taker in by_load:
            for giver in reversed(by_load):
                if self._load(giver) - self._load(taker) < 2:
                    break
                movable = [uid for uid in self.uids[giver] if self.wants(taker, uid)]
                if movable:
                    uid = max(movable, key=lambda uid: (self._surplus(uid, giver, taker), uid))
                    self.uids[giver].remove(uid)
                    self.give(uid, taker)
                    return True
        return False

    def _load(self, member: str) -> int:
        return len(self.uids[member])

    def _of_topic(self, member: str, topic: str) -> int:
        return sum(self._topics[uid] == topic for uid in self.uids[member])

    def _surplus(self, uid: int, giver: str, taker: str) -> int:
        # Moving from the topic that is spread worst keeps busy topics from piling up on one member.
        topic = self._topics[uid]
        return self._of_topic(giver, topic) - self._of_topic(taker, topic)
