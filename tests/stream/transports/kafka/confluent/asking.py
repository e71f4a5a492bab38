"""A process whose member copies records while other threads ask about its topics and its group.

    python -m tests.stream.transports.kafka.confluent.asking host:port group source target

It goes on, whatever the brokers do, until a line comes on its standard input; from then on every
thread has to succeed once more, and it ends with 0. It says "ready" when each has succeeded once.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from threading import Event, Thread

import structlog

from stream.errors import FencedError, TransportUnavailable
from stream.transports import KafkaOptions, Transport, connect
from stream.transports.kafka.cluster import Cluster
from stream.transports.kafka.connecting import open_client
from stream.transports.kafka.retrying import Retries
from stream.transports.kafka.session import KafkaSession
from tests.stream.transports.harness import commit_copies
from tests.stream.transports.kafka.upstream import first_partition

MEMBER = "m1"
SECONDS = 60.0


class Copying:
    """The member."""

    def __init__(self, transport: Transport, group: str, source: str, target: str) -> None:
        self._transport, self._group = transport, group
        self._source, self._target = source, target
        self._session: KafkaSession | None = None

    def __call__(self) -> None:
        """Poll once, copy what came; with a new session where the last one was fenced."""
        if self._session is None:
            made = self._transport.session(
                self._group, [self._source], member=MEMBER, session_timeout=2.0
            )
            assert isinstance(made, KafkaSession)
            self._session = made
        try:
            records = self._session.poll(10, 0.05).records
            if records:
                commit_copies(self._session, records, self._target)
        except (FencedError, TransportUnavailable):
            self._session.close()
            self._session = None
            raise


class Repeated:
    """Something that is done again and again on a thread of its own."""

    def __init__(self, action: Callable[[], object]) -> None:
        self._action = action
        self._stop = Event()
        self.succeeded = Event()
        self._thread = Thread(target=self._run)
        self._thread.start()

    def stop(self) -> None:
        """End it."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(0.01):
            try:
                self._action()
            except (FencedError, TransportUnavailable):
                continue
            self.succeeded.set()


def main(address: str, group: str, source: str, target: str) -> None:
    """See above."""
    quiet = structlog.make_filtering_bound_logger(logging.CRITICAL)
    structlog.configure(wrapper_class=quiet)
    options = KafkaOptions(client="confluent", retry_for=0.5)
    transport = connect(f"kafka://{address}", options)
    cluster = Cluster(open_client([address], options), Retries(0.5, address), None)
    actions: list[Callable[[], object]] = [
        Copying(transport, group, source, target),
        lambda: cluster.member_id(group, MEMBER),
        lambda: transport.committed(group),
        lambda: transport.topics()[target],
        lambda: list(transport.read(first_partition(source), 0)),
    ]
    repeated = [Repeated(action) for action in actions]
    _await(repeated)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    _await(repeated)
    for one in repeated:
        one.stop()
    cluster.close()
    transport.close()


def _await(repeated: list[Repeated]) -> None:
    for one in repeated:
        one.succeeded.clear()
    assert all(one.succeeded.wait(SECONDS) for one in repeated)


if __name__ == "__main__":
    main(*sys.argv[1:])
