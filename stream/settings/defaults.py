"""The topic names that follow from other settings."""

from __future__ import annotations

from typing import Any

from stream.settings.fields import is_topic_name


def with_output_topics(raw: object) -> object:
    """A detector's raw settings with the topics of scores, alerts and dead letters named."""
    section = raw.get("input") if isinstance(raw, dict) else None
    topic = section.get("topic") if isinstance(section, dict) else None
    if not isinstance(raw, dict) or not is_topic_name(topic):
        return raw
    return {
        **raw,
        "output": _named(raw.get("output"), f"{topic}.scores"),
        "alerts": _named(raw.get("alerts"), f"{topic}.alerts"),
        "dead_letters": _named(raw.get("dead_letters"), f"{topic}.dlq"),
    }


def with_internal_topics(raw: object) -> object:
    """A configuration's raw settings with each detector's internal topics named: those of its
    re-keyed records and of its snapshots."""
    detectors = raw.get("detectors") if isinstance(raw, dict) else None
    if not isinstance(raw, dict) or not isinstance(detectors, dict):
        return raw
    return {
        **raw,
        "detectors": {name: _internal(name, detector) for name, detector in detectors.items()},
    }


def _internal(name: object, detector: object) -> object:
    if not isinstance(detector, dict):
        return detector
    return {
        **detector,
        **{
            role: _named(detector.get(role), f"cutstream.{name}.{role}")
            for role in ("rekeyed", "snapshots")
        },
    }


def _named(section: Any, topic: str) -> object:  # noqa: ANN401 - raw, and not yet validated
    if section is None:
        return {"topic": topic}
    if isinstance(section, dict) and section.get("topic") is None:
        return {**section, "topic": topic}
    return section
