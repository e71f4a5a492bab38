"""How the figures came about, in words, for the report."""

from __future__ import annotations

from importlib.metadata import version

from benchmarks.forest.keys import counts
from benchmarks.forest.line_up import JAVA_WARMUP
from benchmarks.forest.stream import WARMUP
from benchmarks.peers.java.building import missing
from benchmarks.peers.java.building import version as java_version


def protocol(*, quick: bool) -> str:
    """What was measured, how, and of which versions."""
    java = missing() or f"AWS Java {java_version()} (SerialGC, one processor)"
    peers = ", ".join(f"{name} {version(name)}" for name in ("krcf", "rcf3", "rrcf", "river"))
    keys = ", ".join(f"{name} {n:,}" for name, n in counts(quick=quick).items())
    return (
        f"{java}, {peers}. Trees of 256, default time decay, noisy sine, one thread. Behind {WARMUP:,} records (AWS "
        f"Java, for its compiler, {JAVA_WARMUP:,}; rrcf 256 points, HalfSpaceTrees 600). Rates are medians of "
        f"{3 if quick else 9} rounds in which all take turns, in processor seconds of the whole process. Ours and Java "
        "are given a batch per call, the others a record; 'one record a call' is wall-clock time, without the pipe to "
        "Java. 'compact': no bounding boxes kept. 'the newest' and forecast: asked behind each record learned, "
        "in processor seconds of the thread. Random keys: copies of one filled forest, so many that none lies "
        f"in a cache ({keys}). Memory: growth of a process; AWS Java: of its heap, garbage collected."
    )
