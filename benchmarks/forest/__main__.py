"""The random cut forest next to its peers: points per second, latency, memory, saved size.

    python -m benchmarks.forest [--json] [--quick] [--parts speed latency operations keys memory saved]

Prints tables, or with --json one object: protocol, machine, results, ratios, goals.
"""

from __future__ import annotations

import argparse

from benchmarks.forest import keys, memory, operations, saved, speed
from benchmarks.forest.figures import Figures
from benchmarks.forest.protocol import protocol
from benchmarks.measure import note, one_thread
from benchmarks.peers.java.building import missing
from benchmarks.report import machine, show

PARTS = ["speed", "latency", "operations", "keys", "memory", "saved"]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--quick", action="store_true", help="fewer rounds and keys: rough figures")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS, help="what to measure")
    given = parser.parse_args()
    one_thread("benchmarks.forest")
    reason = missing()
    if reason:
        note(reason)
    parts, figures = set(given.parts), Figures()
    if parts & {"speed", "latency"}:
        speed.measure(figures, parts, quick=given.quick)
    if "operations" in parts:
        operations.measure(figures, quick=given.quick)
    if "keys" in parts:
        keys.measure(figures, quick=given.quick)
    if "memory" in parts:
        memory.measure(figures, quick=given.quick)
    if "saved" in parts:
        saved.measure(figures)
    found = {"protocol": protocol(quick=given.quick), "machine": machine(), **vars(figures)}
    show(found, as_json=given.json)


if __name__ == "__main__":
    main()
