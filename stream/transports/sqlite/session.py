"""One member of a consumer group: poll, transaction, positions."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Mapping
from contextlib import suppress

from models.errors import InvalidParameter
from stream.errors import TransportError, TransportUnavailable
from stream.records import Committed, Outgoing, Polled, Record, TopicPartition
from stream.transports.checks import check_committed
from stream.transports.sqlite import log
from stream.transports.sqlite.arrivals import Arrivals
from stream.transports.sqlite.catalogue import Catalogue
from stream.transports.sqlite.connection import Connection
from stream.transports.sqlite.membership import Change, Clock, Membership
from stream.transports.sqlite.positions import read_position, write_positions
from stream.transports.sqlite.transaction import Buffer

BOUNDS = "SELECT uid, start, stop FROM partitions WHERE uid IN (SELECT value FROM json_each(?))"


class SqliteSession:
    """Implements stream.transports.protocol.Session."""

    def __init__(
        self,
        connection: Connection,
        membership: Membership,
        catalogue: Catalogue,
        arrivals: Arrivals,
        clock: Clock,
    ) -> None:
        self._connection = connection
        self._membership = membership
        self._catalogue = catalogue
        self._arrivals = arrivals
        self._clock = clock
        self._positions: dict[TopicPartition, int] = {}
        self._turn = 0
        self._buffer: Buffer | None = None
        self._closed = False

    def poll(self, max_records: int, timeout: float) -> Polled:
        """See Session.poll. Raises FencedError when a newer member took this one's name."""
        if max_records < 1:
            raise InvalidParameter("max_records", "a poll", "at least 1", max_records)
        self._check_open()
        deadline = time.monotonic() + timeout
        while True:
            mark = self._arrivals.mark(self._connection)
            change = self._membership.sync()
            if change.lost or change.gained:
                self._reposition(change)
                return Polled([], change.lost, change.gained)
            records = self._read(max_records)
            remaining = deadline - time.monotonic()
            if records or remaining <= 0.0:
                return Polled(records)
            pause = min(remaining, self._membership.seconds_until_due())
            self._arrivals.wait(self._connection, mark, pause)

    def assignment(self) -> frozenset[TopicPartition]:
        """See Session.assignment."""
        return frozenset(self._membership.owned)

    def committed(self, tp: TopicPartition) -> Committed | None:
        """See Session.committed. Raises UnknownTopic, InvalidParameter."""
        uid = self._catalogue.uid(tp)
        return read_position(self._connection, self._membership.group_id, uid)

    def seek(self, tp: TopicPartition, offset: int) -> None:
        """See Session.seek. Raises InvalidParameter for a partition that is not assigned."""
        if tp not in self._membership.owned:
            raise InvalidParameter("tp", "a seek", "one of the assigned partitions", tp)
        if offset < 0:
            raise InvalidParameter("offset", "a seek", "at least 0", offset)
        self._positions[tp] = offset

    def begin(self) -> None:
        """See Session.begin."""
        self._check_open()
        if self._buffer is not None:
            raise TransportError("A transaction must be committed or aborted before the next one.")
        self._buffer = Buffer(self._catalogue)

    def send(self, record: Outgoing) -> None:
        """See Session.send. Raises UnknownTopic, InvalidParameter."""
        self._open_buffer("send").add(record)

    def commit(self, offsets: Mapping[TopicPartition, Committed]) -> None:
        """See Session.commit. After an error the same commit may be tried again, or aborted."""
        buffer = self._open_buffer("commit")
        for tp, committed in offsets.items():
            check_committed(tp, committed)
        membership, batches = self._membership, buffer.batches()
        now_ms = int(self._clock() * 1000)

        def work(db: sqlite3.Connection) -> int | None:
            membership.check_in(db, offsets)
            log.append(db, batches, now_ms)
            positions = [(membership.owned[tp].uid, offsets[tp]) for tp in offsets]
            write_positions(db, membership.group_id, positions)
            return membership.renew_in(db) if membership.renewal_due() else None

        renewed_ms = self._connection.transact(work)
        if renewed_ms is not None:
            membership.renewed(renewed_ms)
        self._buffer = None
        if batches:
            self._arrivals.announce()

    def abort(self) -> None:
        """See Session.abort (harmless outside a transaction)."""
        self._buffer = None

    def heartbeat(self) -> None:
        """See Session.heartbeat. Raises TransportUnavailable."""
        try:
            self._membership.renew()
        except TransportError:
            if not self._closed:  # the other thread may close at any moment
                raise

    def close(self) -> None:
        """See Session.close (again is harmless)."""
        if self._closed:
            return
        self._closed = True
        self._buffer = None
        # Should the log be away, the others take over after the session timeout.
        with suppress(TransportUnavailable):
            self._membership.leave()
        self._connection.close()

    def _read(self, max_records: int) -> list[Record]:
        owned = self._membership.owned
        uids = json.dumps([uid for uid, _ in owned.values()])
        stops = {uid: stop for uid, _, stop in self._connection.query(BOUNDS, (uids,))}
        records: list[Record] = []
        for tp in self._in_turn():
            uid = owned[tp].uid
            position, stop = self._positions[tp], stops[uid]
            room = max_records - len(records)
            if position >= stop or not room:
                continue
            found = log.fetch(self._connection, tp, uid, position, stop, room)
            # A short answer means that retention took the rest up to `stop`.
            self._positions[tp] = found[-1].offset + 1 if len(found) == room else stop
            records += found
        return records

    def _in_turn(self) -> list[TopicPartition]:
        """The assigned partitions, every time beginning with another one, so that none has to
        starve."""
        tps = list(self._positions)
        if not tps:
            return []
        self._turn = (self._turn + 1) % len(tps)
        return tps[self._turn :] + tps[: self._turn]

    def _reposition(self, change: Change) -> None:
        kept = {tp: at for tp, at in self._positions.items() if tp not in change.lost}
        owned = self._membership.owned
        for tp in sorted(change.gained):
            kept[tp] = self._start_of(owned[tp].uid)
        self._positions = {tp: kept[tp] for tp in sorted(kept)}

    def _start_of(self, uid: int) -> int:
        committed = read_position(self._connection, self._membership.group_id, uid)
        if committed is not None:
            return committed.offset
        return int(self._connection.query(BOUNDS, (json.dumps([uid]),))[0][1])

    def _open_buffer(self, verb: str) -> Buffer:
        self._check_open()
        if self._buffer is None:
            raise TransportError(f"A transaction must be begun before {verb!r}, got none.")
        return self._buffer

    def _check_open(self) -> None:
        if self._closed:
            raise TransportError("The session must be open, got a closed one.")
