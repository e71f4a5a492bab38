"""One SQLite connection: pragmas, transactions, retries, and the translation of errors."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, TypeVar

import stamina

from stream.errors import TransportError, TransportUnavailable
from stream.transports.sqlite import schema
from stream.transports.sqlite.address import Address

T = TypeVar("T")
Row = tuple[Any, ...]

# These pass: another writer finishes, space is freed, a volume comes back.
TRANSIENT = frozenset(
    (
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_CANTOPEN,
    )
)
PRIMARY_CODE = 0xFF


def is_transient(error: Exception) -> bool:
    """Whether the same statement may succeed later."""
    code = getattr(error, "sqlite_errorcode", None)
    return code is not None and (code & PRIMARY_CODE) in TRANSIENT


class Connection:
    """A connection that several threads may share: one statement or transaction at a time."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._lock = threading.Lock()
        self._db = self._translated(lambda: self._retried(self._open))

    def query(self, sql: str, parameters: tuple[object, ...] = ()) -> list[Row]:
        """Every row of one reading statement. Raises TransportError."""
        with self._lock:
            return self._translated(lambda: self._db.execute(sql, parameters).fetchall())

    def page(
        self, sql: str, parameters: tuple[object, ...], size: Callable[[Row], int], most: int
    ) -> list[Row]:
        """The first rows of one reading statement, up to that which brings their sizes to `most`.

        Raises TransportError.
        """
        with self._lock:
            return self._translated(lambda: self._first_rows(sql, parameters, size, most))

    def data_version(self) -> int:
        """A number that changes whenever another connection commits."""
        return int(self.query("PRAGMA data_version")[0][0])

    def transact(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work` in one write transaction, all or nothing, and return its result.

        `work` is run again, whole, when the database was locked or full, so it must not keep state
        of its own from an earlier attempt. Raises TransportUnavailable once the address's timeout
        is over, and whatever `work` raises.
        """
        with self._lock:
            return self._translated(lambda: self._retried(lambda: self._attempt(work)))

    def close(self) -> None:
        """Close the connection (again is harmless)."""
        with self._lock:
            self._db.close()

    def _open(self) -> sqlite3.Connection:
        folder = Path(self._address.path).absolute().parent
        if not folder.is_dir():
            raise TransportError(
                f"The folder of the database file {self._address.path!r} must exist, "
                f"got no folder {str(folder)!r}."
            )
        db = sqlite3.connect(
            self._address.path,
            timeout=self._address.timeout,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            self._prepare(db)
        except BaseException:
            db.close()
            raise
        return db

    def _prepare(self, db: sqlite3.Connection) -> None:
        # First, so that nobody else's file is changed.
        created = _in_transaction(db, schema.exists, "DEFERRED")
        db.execute("PRAGMA page_size = 8192")
        mode = db.execute("PRAGMA journal_mode = WAL").fetchone()[0]
        if mode != "wal":
            raise TransportError(
                f"The file system of {self._address.path!r} must support write-ahead logging, "
                f"got journal mode {mode!r}."
            )
        db.execute(f"PRAGMA synchronous = {self._address.synchronous}")
        if not created:
            _in_transaction(db, schema.create)

    def _first_rows(
        self, sql: str, parameters: tuple[object, ...], size: Callable[[Row], int], most: int
    ) -> list[Row]:
        rows: list[Row] = []
        total = 0
        # An open statement would keep its read transaction.
        with closing(self._db.execute(sql, parameters)) as cursor:
            for row in cursor:
                rows.append(row)
                total += size(row)
                if total >= most:
                    break
        return rows

    def _attempt(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return _in_transaction(self._db, work)

    def _retried(self, attempt: Callable[[], T]) -> T:
        retries = stamina.retry_context(
            on=is_transient,
            attempts=None,
            timeout=self._address.timeout,
            wait_initial=0.02,
            wait_max=0.5,
            wait_jitter=0.05,
        )
        for retry in retries:
            with retry:
                return attempt()
        raise AssertionError("a retry either returns or raises")

    def _translated(self, action: Callable[[], T]) -> T:
        try:
            return action()
        except sqlite3.Error as error:
            name = getattr(error, "sqlite_errorname", type(error).__name__)
            path = self._address.path
            if is_transient(error):
                raise TransportUnavailable(
                    f"The database file {path!r} must be free and writable within "
                    f"{self._address.timeout:g} s, got {error} ({name})."
                ) from error
            raise TransportError(f"The database file {path!r} failed: {error} ({name}).") from error


def _in_transaction(
    db: sqlite3.Connection, work: Callable[[sqlite3.Connection], T], kind: str = "IMMEDIATE"
) -> T:
    db.execute(f"BEGIN {kind}")
    try:
        result = work(db)
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:  # SQLite itself rolls back when the disk is full
            db.execute("ROLLBACK")
        raise
    return result
