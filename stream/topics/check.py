"""What is wrong with a topic that exists, each fault in one sentence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from stream.settings.task import Role
from stream.topics.declared import Declared
from stream.topics.wording import KEPT_FOR_EVER, kept_for
from stream.transports.protocol import TopicInfo

SMALLEST_MESSAGE_BYTES = 65_536
"""What every topic must take: a score record of hundreds of features still fits."""
HEADROOM_BYTES = 65_536
"""What is added to an input record at the most: the headers of its origin, or of a dead letter."""
SHORTEST_RETENTION_MS = 3_600_000


class Replays(NamedTuple):
    """What a restart may have to read again of one partition."""

    records: int
    setting: str
    """The setting that says so."""


class Circumstances(NamedTuple):
    """What a topic is judged by, beside its declaration."""

    infos: Mapping[str, TopicInfo]
    """The topics that exist."""
    logs: Mapping[str, Replays]
    """Every topic that state is computed from, and what restarts may have to read again of it."""
    deletes_unasked: bool
    """Whether the log deletes by age alone, whatever a worker may still have to read."""


def faults(declared: Declared, info: TopicInfo, about: Circumstances) -> Iterator[str]:
    """Why the program cannot work with the topic as it is."""
    yield from _partitions(declared, info, about)
    yield from _cleanup(declared, info)
    yield from _message_limit(declared, info, about)


def changes(declared: Declared, info: TopicInfo) -> Iterator[str]:
    """In which of the properties that may change later the topic differs from its declaration.

    An input whose retention is not declared keeps what its producers gave it.
    """
    spec, wanted, got = declared.spec, kept_for(declared.spec), kept_for(info.spec)
    of_the_producers = declared.read is not None and wanted == KEPT_FOR_EVER
    if not spec.compact and not of_the_producers and wanted != got:
        yield f"The topic '{spec.name}' must keep records {wanted}, got {got}."


def warnings(declared: Declared, info: TopicInfo, about: Circumstances) -> Iterator[str]:
    """What may go wrong later with the topic as it is."""
    yield from _headroom(declared, info, about)
    replays = about.logs.get(declared.spec.name)
    if not about.deletes_unasked or (declared.read is None and replays is None):
        return
    retention = info.spec.retention_ms
    if retention is not None and retention < SHORTEST_RETENTION_MS:
        yield (
            f"The topic '{declared.spec.name}' should keep records for an hour or more, got "
            f"{kept_for(info.spec)}: what no worker has read yet may be gone."
        )
    if replays is not None:
        yield from _replay(declared, info, replays)


def _partitions(declared: Declared, info: TopicInfo, about: Circumstances) -> Iterator[str]:
    name, source, got = declared.spec.name, declared.source, info.spec.partitions
    setting = declared.read
    if setting is not None:
        if got != declared.spec.partitions:
            yield (
                f"{setting}.partitions must be {got}, which the topic '{name}' has, got "
                f"{declared.spec.partitions}."
            )
        return
    # Of an input that is declared with too many, the topics behind it are not to be blamed.
    known = None if source is None else about.infos.get(source)
    wanted = declared.spec.partitions if known is None else known.spec.partitions
    if got != wanted and source is None:
        yield f"The topic '{name}' must have {wanted} partition(s), got {got}."
    elif got != wanted:
        yield (
            f"The topic '{name}' must have {wanted} partitions, like the input '{source}' that it "
            f"belongs to, got {got}."
        )


def _cleanup(declared: Declared, info: TopicInfo) -> Iterator[str]:
    name, compacted = declared.spec.name, info.spec.compact
    if Role.ITEMS in declared.roles:
        # Its records are copied before they are used, and only the newest of an item counts: either will do.
        if compacted != declared.spec.compact:
            got = "compacted" if compacted else "not compacted"
            yield (
                f"{declared.roles[Role.ITEMS]}.compact must be {str(compacted).lower()}, as the "
                f"topic '{name}' is {got}, got {str(declared.spec.compact).lower()}."
            )
        return
    if not declared.spec.compact:
        if compacted:
            yield (
                f"The topic '{name}' must have the cleanup.policy delete, for compaction takes "
                "records that are still to be read or replayed, got compact."
            )
        return
    if not compacted:
        yield (
            f"The topic '{name}' must have the cleanup.policy compact, for deletion by age takes "
            "the state of entities that are quiet, got delete."
        )
    elif kept_for(info.spec) != kept_for(declared.spec):
        yield (
            f"The topic '{name}' must be compacted and nothing else, for deletion takes the state "
            f"of entities that are quiet, got one that keeps records {kept_for(info.spec)}."
        )


def _message_limit(declared: Declared, info: TopicInfo, about: Circumstances) -> Iterator[str]:
    limit, name = info.max_message_bytes, declared.spec.name
    if limit is None:
        return
    if limit < SMALLEST_MESSAGE_BYTES:
        yield (
            f"The max.message.bytes of the topic '{name}' must be at least "
            f"{SMALLEST_MESSAGE_BYTES:,}, got {limit:,}."
        )
    for source, taken in _taken_by_inputs(declared, about):
        if limit < taken:
            yield (
                f"The max.message.bytes of the topic '{name}' must be at least those of "
                f"'{source}', whose records it takes, {taken:,}, got {limit:,}."
            )


def _headroom(declared: Declared, info: TopicInfo, about: Circumstances) -> Iterator[str]:
    limit, name = info.max_message_bytes, declared.spec.name
    for source, taken in _taken_by_inputs(declared, about):
        if limit is not None and taken <= limit < taken + HEADROOM_BYTES:
            yield (
                f"The max.message.bytes of the topic '{name}' should be at least "
                f"{taken + HEADROOM_BYTES:,}, those of '{source}' and room for the headers that "
                f"are added, got {limit:,}: a record as large as may be would stop the work."
            )


def _taken_by_inputs(declared: Declared, about: Circumstances) -> Iterator[tuple[str, int]]:
    """The inputs of which records come to a topic, and the largest that each may hold."""
    for source in sorted(declared.copies_of & about.infos.keys()):
        taken = about.infos[source].max_message_bytes
        if taken is not None:
            yield source, taken


def _replay(declared: Declared, info: TopicInfo, replays: Replays) -> Iterator[str]:
    for partition, (first, end) in enumerate(info.bounds):
        if first > 0 and end - first < replays.records:
            yield (
                f"The topic '{declared.spec.name}' should keep the newest {replays.records:,} "
                f"records of a partition ({replays.setting}), which a restart may have to read "
                f"again, got {end - first:,} in partition {partition}: let it keep more, or lower "
                f"{replays.setting}."
            )
            return
