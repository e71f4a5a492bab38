"""What a topic keeps, in words."""

from __future__ import annotations

from stream.transports.protocol import TopicSpec

_UNITS = (
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
)
KEPT_FOR_EVER = "for ever"


def in_units(milliseconds: int) -> str:
    """A duration as a configuration writes it: 7d, 90m."""
    for unit, size in _UNITS:
        if milliseconds % size == 0:
            return f"{milliseconds // size}{unit}"
    raise AssertionError("every number of milliseconds is divisible by 1")


def kept_for(spec: TopicSpec) -> str:
    """For how long, or how much, a topic keeps records."""
    limits = []
    if spec.retention_ms is not None:
        limits.append(f"for {in_units(spec.retention_ms)}")
    if spec.retention_bytes is not None:
        limits.append(f"up to {spec.retention_bytes:,} bytes a partition")
    return " and ".join(limits) or KEPT_FOR_EVER
