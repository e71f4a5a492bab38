"""What has to be done for a log to have the topics that a configuration declares."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from stream.errors import ConfigError
from stream.settings import Settings
from stream.topics.check import HEADROOM_BYTES, Circumstances, Replays, changes, faults, warnings
from stream.topics.declared import Declared, of_configuration
from stream.transports.protocol import TopicInfo, TopicSpec, Transport


class Action(StrEnum):
    """What a topic needs."""

    CREATE = "create"
    CHANGE = "change"
    OK = "ok"
    MISMATCH = "mismatch"


class Step(NamedTuple):
    """One topic of a plan."""

    declared: Declared
    action: Action
    reasons: tuple[str, ...] = ()
    """One sentence per mismatch or change."""
    warnings: tuple[str, ...] = ()
    """One sentence per danger; no action follows from it."""


def plan(settings: Settings, infos: Mapping[str, TopicInfo]) -> list[Step]:
    """A step for every declared topic, in the order of the configuration. Changes nothing."""
    declared = of_configuration(settings)
    there = {one.spec.name: infos[one.spec.name] for one in declared if one.spec.name in infos}
    about = Circumstances(
        there,
        logs=_logs(settings),
        deletes_unasked=not settings.broker.startswith("sqlite:"),
    )
    return [_step(one, there.get(one.spec.name), about) for one in declared]


def _logs(settings: Settings) -> dict[str, Replays]:
    """What restarts may have to read again of each topic that state is computed from."""
    found: dict[str, Replays] = {}
    for task in settings.tasks:
        own = task.settings.snapshot_every
        longest = (
            Replays(settings.worker.snapshot_every, "worker.snapshot_every")
            if own is None
            else Replays(own, f"{task.path}.snapshots.every")
        )
        topic = task.settings.log_topic
        found[topic] = max(found.get(topic, longest), longest)
    return found


def mismatches(steps: Sequence[Step]) -> list[str]:
    """Every sentence about a topic that cannot be used as it is."""
    return [text for step in steps if step.action == Action.MISMATCH for text in step.reasons]


def pending(steps: Sequence[Step]) -> list[Step]:
    """The steps that `apply` would take."""
    return [step for step in steps if step.action in (Action.CREATE, Action.CHANGE)]


def apply(
    steps: Sequence[Step], log: Transport, report: Callable[[Step], None] = lambda _: None
) -> None:
    """Create and change topics; `report` hears of each that is done. Again is harmless.

    Raises ConfigError, with nothing done, if a topic cannot be used as it is: topics made to fit a
    wrong number of partitions could not be mended.
    """
    problems = mismatches(steps)
    if problems:
        raise ConfigError("topics", problems)
    # Copies are made for what their inputs take, so those come first.
    for step in sorted(pending(steps), key=lambda step: bool(step.declared.copies_of)):
        log.ensure_topic(_made_for_its_inputs(step, log))
        report(step)


def _made_for_its_inputs(step: Step, log: Transport) -> TopicSpec:
    """The topic to be created, for records with the headers that are added to those of its inputs."""
    declared, there = step.declared, log.topics()
    limits = [there[source].max_message_bytes for source in declared.copies_of if source in there]
    known = [limit for limit in limits if limit is not None]
    if not known:
        return declared.spec
    return declared.spec._replace(max_message_bytes=max(known) + HEADROOM_BYTES)


def _step(declared: Declared, info: TopicInfo | None, about: Circumstances) -> Step:
    if info is None:
        return Step(declared, Action.CREATE)
    wrong = tuple(faults(declared, info, about))
    if wrong:
        return Step(declared, Action.MISMATCH, wrong)
    told = tuple(warnings(declared, info, about))
    different = tuple(changes(declared, info))
    return Step(declared, Action.CHANGE if different else Action.OK, different, told)
