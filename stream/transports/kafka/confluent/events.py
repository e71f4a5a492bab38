"""What librdkafka tells by callbacks, as long as somebody polls: faults, and its log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

import structlog
from confluent_kafka import KafkaError, KafkaException

from stream.errors import FencedError, TransportError
from stream.transports.kafka.client import Unavailable
from stream.transports.kafka.confluent.errors import kafka_error, translated

log = structlog.get_logger(__name__)

QUIET_SECONDS = 10.0


class _Log:
    """The logger that the library's log lines go to. While the brokers are away they come in their
    hundreds, so there is one of a kind in so many seconds."""

    def __init__(self) -> None:
        self._told: dict[str, float] = {}

    def log(self, _level: int, text: str, *arguments: object) -> None:
        """Write one line; most of what the library calls an error is mended by itself."""
        line = text % arguments if arguments else text
        kind, now = line.split(" ", maxsplit=1)[0], monotonic()
        if now - self._told.get(kind, -QUIET_SECONDS) >= QUIET_SECONDS:
            self._told[kind] = now
            log.warning("kafka client", said=line)


class Events:
    """The faults of one client object. It must not refer to that, which would never be freed."""

    def __init__(self) -> None:
        self._denied: KafkaError | None = None
        self._fatal: KafkaError | None = None
        self._last = ""

    def settings(self) -> dict[str, Any]:
        """The part of the client's configuration that sends everything here."""
        return {"error_cb": self._on_error, "logger": _Log(), "log_level": 4}

    def check(self) -> None:
        """Raise what makes every further call senseless: TransportError, FencedError."""
        if self._fatal is not None:
            raise translated(self._fatal)
        if self._denied is not None:
            # Accounts and certificates can be mended meanwhile, so it is not told for ever.
            denied, self._denied = self._denied, None
            raise TransportError(f"Kafka must accept the client's identity, got {denied.str()}.")

    def fail(self, error: KafkaError) -> None:
        """Keep a fault after which the client can do nothing more, and raise it."""
        self._fatal = error
        self.check()

    @contextmanager
    def translating(self, serve: Callable[[], object]) -> Iterator[None]:
        """Raise ours instead of the library's errors.

        serve: has pending callbacks called, which know more than "timed out".
        """
        try:
            yield
        except KafkaException as exception:
            raise self.translated(exception, serve) from exception

    def translated(self, exception: KafkaException, serve: Callable[[], object]) -> Exception:
        """What to raise for an exception of the library; `serve` as of `translating`."""
        serve()
        try:
            self.check()
        except (FencedError, TransportError) as known:
            return known
        ours = translated(kafka_error(exception))
        if isinstance(ours, Unavailable) and self._last:
            return Unavailable(f"{ours} ({self._last})")
        return ours

    def _on_error(self, error: KafkaError) -> None:
        self._last = error.str()
        if error.fatal():
            self._fatal = error
        elif error.code() == KafkaError._AUTHENTICATION:
            self._denied = error
