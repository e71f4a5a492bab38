"""The keys of rows."""

from __future__ import annotations


def row_key(partition: int, *names: str) -> str:
    """The key of the row of `names` in one partition of the source topic.

    A row belongs to one partition, so that its history can be kept in the changelog's partition of
    the same number, by whoever owns it, also when no record is at hand. Only the last name may hold
    a slash.
    """
    return "/".join((str(partition), *names))


def partition_of(key: str) -> int:
    """The partition of the source topic that the row of `key` belongs to."""
    return int(key.partition("/")[0])
