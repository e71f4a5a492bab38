"""What a runner may be told."""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass, field

from models.errors import InvalidParameter


def default_member() -> str:
    """Host name and process id: unique, but new after each start."""
    return f"{socket.gethostname()}-{os.getpid()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunnerOptions:
    """The parameters of a task's loop.

    batch_size: most records in one transaction, >= 1.
    poll_timeout: seconds to wait for the first record of a batch, >= 0; a stop is noticed within
        this time.
    snapshot_every: a changed key is written again at the latest this many offsets of its partition
        later, >= 1; also the most that a restart has to replay of each partition. A task may have
        an interval of its own (stream.tasks.protocol.Paced).
    session_timeout: seconds of silence after which other members take over, > 0.
    stall_timeout: seconds that one batch may take before the member counts as stuck and falls
        silent, > 0.
    retry_first, retry_most: seconds to wait before the log is tried again after it went away, > 0:
        the first time, and at most; each wait is twice the one before, and a little less by chance.
    member: a unique name in the group. A name that survives a restart (w1, w2, a pod's name) takes
        its partitions back at once; with a new name the others wait out the session timeout of the
        old one.

    Raises InvalidParameter.
    """

    batch_size: int = 1000
    poll_timeout: float = 0.5
    snapshot_every: int = 10_000
    session_timeout: float = 10.0
    stall_timeout: float = 300.0
    retry_first: float = 0.1
    retry_most: float = 5.0
    member: str = field(default_factory=default_member)

    def __post_init__(self) -> None:
        rules: list[tuple[str, bool, str]] = [
            ("batch_size", self.batch_size >= 1, "at least 1"),
            ("poll_timeout", self.poll_timeout >= 0.0, "at least 0 seconds"),
            ("snapshot_every", self.snapshot_every >= 1, "at least 1"),
            ("session_timeout", self.session_timeout > 0.0, "above 0 seconds"),
            ("stall_timeout", self.stall_timeout > 0.0, "above 0 seconds"),
            ("retry_first", self.retry_first > 0.0, "above 0 seconds"),
            (
                "retry_most",
                self.retry_most >= self.retry_first,
                f"at least the 'retry_first' of {self.retry_first:g} seconds",
            ),
            ("member", bool(self.member), "a name that is not empty"),
        ]
        for name, holds, rule in rules:
            if not holds:
                raise InvalidParameter(name, "the runner", rule, getattr(self, name))
