"""Which topics hold dead letters."""

from __future__ import annotations

from collections.abc import Collection

from models.errors import InvalidParameter
from stream.dead_letters.letters import letter_of
from stream.errors import UnknownTopic
from stream.records import TopicPartition
from stream.replay.tail import newest_first
from stream.transports.protocol import TopicInfo, Transport

SUFFIX = ".dlq"


def dead_letter_topics(log: Transport, configured: Collection[str] = ()) -> dict[str, TopicInfo]:
    """The dead-letter topics of a log, by name: those configured, or without any, all there are."""
    there = log.topics()
    return {
        name: info
        for name, info in sorted(there.items())
        if (name in configured if configured else name.endswith(SUFFIX))
        and _fault(log, name, info, configured) is None
    }


def dead_letter_topic(
    log: Transport, topic: str, configured: Collection[str] = ()
) -> tuple[str, TopicInfo]:
    """The dead-letter topic meant by its own name or by that of an input topic, and its info.

    Raises UnknownTopic, and InvalidParameter for a topic that holds other records.
    """
    there = log.topics()
    for name in (topic, topic + SUFFIX):
        if name in there and _fault(log, name, there[name], configured) is None:
            return name, there[name]
    known = ", ".join(dead_letter_topics(log, configured)) or "none in this log"
    rule = f"a topic of dead letters ({known})"
    if topic not in there:
        raise UnknownTopic(f"The topic must be {rule}, got '{topic}', which does not exist.")
    fault = _fault(log, topic, there[topic], configured)
    raise InvalidParameter("topic", "`cutstream dlq`", rule, f"{topic}: {fault}")


def _fault(log: Transport, name: str, info: TopicInfo, configured: Collection[str]) -> str | None:
    """Why a topic is not one of dead letters; None where it is one.

    The newest record of each partition shows it, and where there is none, the name does.
    """
    empty = True
    for partition, (first, end) in enumerate(info.bounds):
        newest = next(newest_first(log, TopicPartition(name, partition), first, end), None)
        if newest is not None:
            empty = False
            if letter_of(newest) is None:
                place = f"{partition}:{newest.offset}"
                return f"its record {place} lacks the headers of a dead letter"
    named = name in configured or name.endswith(SUFFIX)
    return "it is empty, and not named as one" if empty and not named else None
