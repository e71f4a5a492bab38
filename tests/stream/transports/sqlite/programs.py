"""What a child process runs in the tests: `python -m ...programs NAME URL ARGUMENT...`"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from unittest.mock import patch

from stream.records import Committed, Outgoing, TopicPartition
from stream.transports import connect
from stream.transports.sqlite import session as session_module
from tests.stream.transports.harness import after

COPIES = 3


def produce(url: str, name: str, batches: str, size: str) -> None:
    """Append batches of records whose values say who wrote them, and when."""
    transport = connect(url)
    for batch in range(int(batches)):
        values = [f"{name} {batch} {i}".encode() for i in range(int(size))]
        transport.append([Outgoing("in", name.encode(), value) for value in values])
    transport.close()


def copy(url: str, member: str, total: str) -> None:
    """Write every input record several times to the output until the group is through."""
    transport = connect(url)
    session = transport.session("g", ["in"], member=member, session_timeout=1.0)
    while _done(transport.committed("g")) < int(total):
        records = session.poll(20, 0.1).records
        if not records:
            continue
        session.begin()
        for record in records:
            for copy_number in range(COPIES):
                session.send(
                    Outgoing("out", record.key, record.value, partition=copy_number, timestamp=0)
                )
        session.commit(after(records))
    session.close()
    transport.close()


def die_in_commit(url: str, size: str) -> None:
    """Die by SIGKILL when the outputs of a transaction are written, and its positions are not."""

    def die(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    transport = connect(url)
    session = transport.session("g", ["in"], member="m")
    session.poll(1, 0.0)
    session.begin()
    for _ in range(8):
        session.send(Outgoing("out", None, bytes(int(size)), partition=0))
    with patch.object(session_module, "write_positions", die):
        session.commit({TopicPartition("in", 0): Committed(1)})


def _done(positions: dict[TopicPartition, Committed]) -> int:
    return sum(position.offset for position in positions.values())


PROGRAMS: dict[str, Callable[..., None]] = {
    "produce": produce,
    "copy": copy,
    "die_in_commit": die_in_commit,
}

if __name__ == "__main__":
    PROGRAMS[sys.argv[1]](*sys.argv[2:])
