"""Send the events of a file to a topic: in atomic batches, at a pace, from where it ended last."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from threading import Event
from typing import NamedTuple

from stream.records import Outgoing
from stream.replay.errors import ReplayError
from stream.replay.files import EventFile, Row, fingerprint
from stream.replay.progress import headers, next_row
from stream.transports.protocol import Transport

Stamp = tuple[bytes | None, int | None]
"""A record's key, and its timestamp in milliseconds; None leaves either to the transport."""


def no_stamp(_value: bytes) -> Stamp:
    """No key, and the time of sending."""
    return None, None


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """How a file is sent.

    topic: where to; it must exist.
    stamp: event (JSON) -> key and timestamp of its record.
    rate: events per second, or None for as fast as the log takes them.
    batch_size: how many events at most are appended in one atomic step.
    restart: send all rows again, whatever the topic holds.
    """

    topic: str
    stamp: Callable[[bytes], Stamp] = no_stamp
    rate: float | None = None
    batch_size: int = 1_000
    restart: bool = False


class Progress(NamedTuple):
    """How far a replay has come."""

    skipped: int
    """Rows that the topic held already."""
    sent: int
    position: int
    """In the unit of the file's `total`."""


def replay(
    transport: Transport,
    file: EventFile,
    how: Replay,
    *,
    report: Callable[[Progress], None] = lambda _: None,
    stop: Event | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Progress:
    """Send what is missing of `file`, until its end or until `stop` is set.

    `report` hears after each batch. Raises ReplayError where the file is broken (what came before
    is sent), and TransportError.
    """
    stop = Event() if stop is None else stop
    source = fingerprint(file.path).encode()
    first = 0 if how.restart else next_row(transport, how.topic, source)
    done = Progress(first, 0, 0)
    report(done)
    started = clock()
    for rows in _batches(file.rows(first), _batch_size(how)):
        if stop.is_set():
            break
        transport.append([_record(row, source, how) for row in rows])
        done = Progress(first, done.sent + len(rows), rows[-1].position)
        report(done)
        if how.rate is not None:
            stop.wait(max(0.0, started + done.sent / how.rate - clock()))
    return done


def _record(row: Row, source: bytes, how: Replay) -> Outgoing:
    key, timestamp = how.stamp(row.value)
    return Outgoing(how.topic, key, row.value, headers(source, row.number), timestamp)


def _batch_size(how: Replay) -> int:
    """At a given rate, at most a tenth of a second's events go at once, so that they flow."""
    if how.rate is None:
        return how.batch_size
    return max(1, min(how.batch_size, int(how.rate / 10)))


def _batches(rows: Iterable[Row], size: int) -> Iterator[list[Row]]:
    """Cut `rows` into batches; where reading them fails, what was read before comes first."""
    batch: list[Row] = []
    try:
        for row in rows:
            batch.append(row)
            if len(batch) == size:
                yield batch
                batch = []
    except ReplayError:
        if batch:
            yield batch
        raise
    if batch:
        yield batch
