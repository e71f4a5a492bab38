"""The topic names that follow from other settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stream.settings.fields import is_topic_name


def with_output_topics(raw: object, derived: Mapping[str, str]) -> object:
    """A task's raw settings with the topics named that are called after the input's.

    derived: section -> what stands behind the input topic's name.
    """
    section = raw.get("input") if isinstance(raw, dict) else None
    topic = section.get("topic") if isinstance(section, dict) else None
    if not isinstance(raw, dict) or not is_topic_name(topic):
        return raw
    return {
        **raw,
        **{role: _named(raw.get(role), f"{topic}.{suffix}") for role, suffix in derived.items()},
    }


def with_internal_topics(raw: object, internal: Mapping[str, Sequence[str]]) -> object:
    """A configuration's raw settings with the topics named that are called after their task.

    internal: kind of task -> sections.
    """
    if not isinstance(raw, dict):
        return raw
    kinds = {kind: raw[kind] for kind in internal if isinstance(raw.get(kind), dict)}
    return {
        **raw,
        **{
            kind: {name: _internal(name, task, internal[kind]) for name, task in tasks.items()}
            for kind, tasks in kinds.items()
        },
    }


def _internal(name: object, task: object, sections: Sequence[str]) -> object:
    if not isinstance(task, dict):
        return task
    return {
        **task,
        **{role: _named(task.get(role), f"cutstream.{name}.{role}") for role in sections},
    }


def _named(section: Any, topic: str) -> object:  # noqa: ANN401 - raw, and not yet validated
    if section is None:
        return {"topic": topic}
    if isinstance(section, dict) and section.get("topic") is None:
        return {**section, "topic": topic}
    return section
