"""When which key's state is written."""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict, deque
from collections.abc import Mapping
from operator import itemgetter

BUCKETS = 64


class SnapshotSchedule:
    """Which keys of a partition changed since their last snapshot, and when each is written again.

    A key first changed at offset f is due at the latest by the first commit at or above f + every.
    Ahead of that, keys are taken oldest first at the lowest constant rate that lets all of them
    meet their times, so that many keys that changed together are spread over `every` offsets.
    """

    def __init__(self, every: int) -> None:
        self._every = every
        self._width = max(1, every // BUCKETS)
        self._first: OrderedDict[bytes, int] = OrderedDict()
        self._buckets: deque[list[int]] = deque()
        """[first offset, keys], oldest first: keys within `width` offsets are due together."""

    def __len__(self) -> int:
        return len(self._first)

    def changed(self, first_offsets: Mapping[bytes, int]) -> None:
        """Note which keys a batch has changed, and where first. Batches come in offset order."""
        fresh = [(at, key) for key, at in first_offsets.items() if key not in self._first]
        for at, key in sorted(fresh):
            self._first[key] = at
            if self._buckets and at < self._buckets[-1][0] + self._width:
                self._buckets[-1][1] += 1
            else:
                self._buckets.append([at, 1])

    def take(self, committed: int, advanced: int) -> list[bytes]:
        """Remove and return the keys to be written with a commit at offset `committed`.

        advanced: offsets since the last commit, >= 0.

        Afterwards committed - replay_from(committed) < every.
        """
        share, older = 0.0, 0
        for start, keys in self._buckets:
            older += keys
            left = start + self._every - committed
            share = max(share, older * (advanced / (left + advanced)) if left > 0 else older)
        return self._pop(int(share))

    def remove(self, key: bytes) -> None:
        """Forget that a key has changed (nothing happens if it has not)."""
        at = self._first.pop(key, None)
        if at is not None:
            # Ages ascend from bucket to bucket, so a key lies in the last that began no later.
            place = bisect_right(self._buckets, at, key=itemgetter(0)) - 1
            self._buckets[place][1] -= 1
            if not self._buckets[place][1]:
                del self._buckets[place]

    def take_oldest(self, most: int) -> list[bytes]:
        """Remove and return the keys that changed first, at most so many."""
        return self._pop(min(most, len(self._first)))

    def replay_from(self, committed: int) -> int:
        """The lowest offset that some key's snapshot lacks, or `committed` if there is none."""
        return next(iter(self._first.values()), committed)

    def _pop(self, count: int) -> list[bytes]:
        keys = [self._first.popitem(last=False)[0] for _ in range(count)]
        while count:
            taken = min(count, self._buckets[0][1])
            self._buckets[0][1] -= taken
            count -= taken
            if not self._buckets[0][1]:
                self._buckets.popleft()
        return keys
