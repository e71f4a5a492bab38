"""Topics when a worker starts: what is missing is created, what exists is checked, never changed."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from stream.errors import ConfigError
from stream.settings import Settings
from stream.topics.plan import Action, apply, mismatches, plan
from stream.transports.protocol import TopicSpec, Transport

log = structlog.get_logger(__name__)


def prepare(settings: Settings, transport: Transport) -> None:
    """Create missing topics and check the others.

    A retention that differs is only told of: a topic that others use too is not changed behind
    their backs. Raises ConfigError with a sentence for each mismatch, and then creates nothing.
    """
    steps = plan(settings, transport.topics())
    problems = mismatches(steps)
    if problems:
        raise ConfigError("topics", problems)
    missing = [step for step in steps if step.action == Action.CREATE]
    apply(missing, transport, lambda step: log.info("topic_created", topic=step.declared.spec.name))
    for step in steps:
        for reason in step.reasons:
            log.warning("topic_differs", reason=reason, hint="`cutstream topics apply` changes it")
        for reason in step.warnings:
            log.warning("topic_endangers_records", reason=reason)


def ensure(transport: Transport, specs: Sequence[TopicSpec]) -> None:
    """Create each missing topic, and check partitions and compaction of the others.

    Raises TopicMismatch.
    """
    there = transport.topics()
    for spec in specs:
        info = there.get(spec.name)
        if info is not None:
            kept = info.spec
            spec = spec._replace(  # noqa: PLW2901 - the same topic, as it is kept
                retention_ms=kept.retention_ms, retention_bytes=kept.retention_bytes
            )
        transport.ensure_topic(spec)
