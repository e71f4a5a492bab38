"""What tasks may share: no names, and only some topics, on which they must then agree."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from stream.settings.task import GATHERED, READ, WRITTEN, Configured, TopicUse


class _Mention(NamedTuple):
    """One mention of a topic in a configuration."""

    task: Configured
    use: TopicUse

    @property
    def path(self) -> str:
        return f"{self.task.path}.{self.use.role}"

    @property
    def source(self) -> str | None:
        """The topic whose partitions it has."""
        like = self.use.like
        return None if like is None else self.task.settings.topics[like].name


def sharing_problems(tasks: Sequence[Configured]) -> list[str]:
    """One sentence for each name that two tasks have, and each topic that cannot be used as it is.

    Tasks may read the same topic, and one may read what another writes; dead letters may meet in
    one topic, and so may alerts. Whoever shares a topic must agree on its partitions and retention.
    """
    mentions: defaultdict[str, list[_Mention]] = defaultdict(list)
    for task in tasks:
        for use in task.settings.uses():
            mentions[use.spec.name].append(_Mention(task, use))
    return [
        *_same_names(tasks),
        *(
            problem
            for sharers in mentions.values()
            for other in sharers[1:]
            for problem in _between(sharers[0], other)
        ),
    ]


def _same_names(tasks: Sequence[Configured]) -> Iterator[str]:
    first: dict[str, Configured] = {}
    for task in tasks:
        known = first.setdefault(task.name, task)
        if known is not task:
            yield f"{task.path} must have another name than {known.path}, got {task.name!r} for both."


def _between(first: _Mention, other: _Mention) -> Iterator[str]:
    topic = other.use.spec.name
    if not _may_share(first, other):
        yield f"{other.path}.topic must differ from {first.path}.topic, got {topic!r} for both."
        return
    told_by_the_inputs = (
        other.use.role in GATHERED and other.source == first.source and first.source is not None
    )
    if not told_by_the_inputs:
        yield from _partitions(first, other)
    if other.use.spec.retention_ms != first.use.spec.retention_ms:
        yield (
            f"{other.path}.retention must be that of {first.path}, which shares the topic "
            f"{topic!r}, got {_milliseconds(other.use.spec.retention_ms)} and "
            f"{_milliseconds(first.use.spec.retention_ms)}."
        )


def _partitions(first: _Mention, other: _Mention) -> Iterator[str]:
    topic, wanted, got = other.use.spec.name, first.use.spec.partitions, other.use.spec.partitions
    if wanted == got:
        return
    if other.use.like is None:
        yield (
            f"{other.path}.topic must differ from {first.path}.topic, which has {wanted} "
            f"partition(s) where {got} are needed, got {topic!r} for both."
        )
        return
    yield (
        f"{other.task.path}.{other.use.like}.partitions must be {wanted}, as "
        f"{first.path} shares the topic {topic!r}, got {got}."
    )


def _may_share(first: _Mention, other: _Mention) -> bool:
    if first.task.path == other.task.path:
        return False
    roles = {first.use.role, other.use.role}
    if roles <= GATHERED:
        return len(roles) == 1
    both_written = first.use.role in WRITTEN and other.use.role in WRITTEN
    return roles <= READ | WRITTEN and not both_written


def _milliseconds(retention: int | None) -> str:
    return "null" if retention is None else f"{retention} ms"
