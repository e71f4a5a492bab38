"""Estimates as tables and as JSON."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from stream.estimate import Estimate, Processor, Workload, estimate

if TYPE_CHECKING:
    from rich.table import Table

    from stream.estimate import Calibration

_UNKNOWN = "unknown"
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


Row = tuple[Workload, Estimate, "Processor | None"]


def rows(workloads: Sequence[Workload], calibrations: Sequence[Calibration] | None) -> list[Row]:
    """Each workload with what it costs; nothing of the processor where it was not measured."""
    found: list[Row] = []
    for i, workload in enumerate(workloads):
        one = estimate(workload)
        used = None if calibrations is None else calibrations[i].processor(workload, one)
        found.append((workload, one, used))
    return found


def document(found: Sequence[Row]) -> dict[str, Any]:
    """Estimates as JSON: bytes, seconds, and events per second; null is unknown."""
    return {
        "detectors": {
            workload.name: _described(workload, one, used) for workload, one, used in found
        },
        "total": {
            "memory": sum(one.memory for _, one, _ in found),
            "snapshots_stored": sum(one.stored for _, one, _ in found),
            "snapshot_bytes_per_second": _sum(one.traffic for _, one, _ in found),
            "cores": _sum(None if used is None else used.cores for *_, used in found),
        },
    }


def _described(workload: Workload, one: Estimate, used: Processor | None) -> dict[str, Any]:
    config = workload.config
    return {
        "features": len(config.features),
        "shingle_size": config.shingle_size,
        "trees": config.n_trees,
        "samples": config.sample_size,
        "decay": config.decay,
        "keys": workload.keys,
        "partitions": workload.partitions,
        "events_per_second": workload.rate,
        "key": one.key._asdict(),
        "key_by_records": {str(n): cost._asdict() for n, cost in one.curve.items()},
        "keys_with_boxes": one.hot_keys,
        "memory": one.memory,
        "snapshots_stored": one.stored,
        "snapshots_per_event": one.snapshots_per_event,
        "snapshot_bytes_per_event": one.traffic_per_event,
        "snapshot_bytes_per_second": one.traffic,
        "processor": None if used is None else used._asdict(),
    }


def tables(found: Sequence[Row]) -> Iterator[Table | str]:
    """A table of one key of each detector, by what it has seen; and one of all keys together."""
    for workload, one, _ in found:
        config = workload.config
        yield (
            f"{workload.name}: {config.n_trees} trees of {config.sample_size} shingles of "
            f"{config.shingle_size}, features: {len(config.features)}; one key:"
        )
        yield _of_a_key(one)
        yield ""
    yield "All keys:"
    yield _of_all(found)


def _of_a_key(one: Estimate) -> Table:
    from rich.table import Table

    table = Table(box=None)
    for column in ("records seen", "memory", "with boxes", "snapshot"):
        table.add_column(column, justify="right")
    for n, cost in one.curve.items():
        sizes = (cost.memory, cost.memory + cost.boxes, cost.snapshot)
        table.add_row(f"{n:,}", *map(size, sizes))
    return table


def _of_all(found: Sequence[Row]) -> Table:
    from rich.table import Table

    table = Table("", box=None)
    for workload, *_ in found:
        table.add_column(workload.name, justify="right")
    facts = [_facts(*row) for row in found]
    for label in facts[0]:
        table.add_row(label, *(told[label] for told in facts))
    return table


def size(nbytes: float | None) -> str:
    """Bytes in the largest unit of which there is one, or that they are unknown."""
    if nbytes is None:
        return _UNKNOWN
    units = iter(_UNITS)
    unit = next(units)
    while nbytes >= 1024 and unit != _UNITS[-1]:
        nbytes, unit = nbytes / 1024, next(units)
    return f"{nbytes:,.0f} {unit}" if nbytes >= 100 or unit == "B" else f"{nbytes:.3g} {unit}"


def _number(value: float | None) -> str:
    if value is None:
        return _UNKNOWN
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _sum(values: Iterable[float | None]) -> float | None:
    known = list(values)
    return None if None in known else sum(value for value in known if value is not None)


def _facts(workload: Workload, one: Estimate, used: Processor | None) -> dict[str, str]:
    """What is told of all keys of a detector."""
    return {
        "keys": f"{workload.keys:,}",
        "of which keep boxes": f"{one.hot_keys:,}",
        "memory": size(one.memory),
        "snapshots on the log": size(one.stored),
        "snapshots, per event": size(one.traffic_per_event),
        "events per second": _number(workload.rate),
        "snapshots, per second": size(one.traffic),
        "a core's events per second": "",
        "  few keys, with boxes": _number(used and used.hot),
        "  few keys, without": _number(used and used.compact),
        "  many keys, without": _number(used and used.many),
        "  these keys, with snapshots": _number(used and used.all),
        "cores": _number(used and used.cores),
    }
