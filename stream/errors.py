"""The errors of the stream layer.

models.errors.CutstreamError
├── ConfigError               the configuration is wrong; every problem is listed
├── TransportError            the log said no
│   ├── UnknownTopic          a topic does not exist
│   ├── TopicMismatch         a topic exists with other properties than declared
│   ├── FencedError           this member no longer owns what it tried to commit
│   └── TransportUnavailable  the log stayed locked, full or away after all retries
└── RecoveryError             state cannot be rebuilt from the log as it stands
"""

from __future__ import annotations

from collections.abc import Sequence

from models.errors import CutstreamError


class ConfigError(CutstreamError):
    """The configuration is wrong. `problems` holds one sentence per fault."""

    def __init__(self, source: str, problems: Sequence[str]) -> None:
        self.source = source
        self.problems = list(problems)
        super().__init__(f"{source}: " + " ".join(self.problems))


class TransportError(CutstreamError):
    """The log said no."""


class UnknownTopic(TransportError):
    """A topic does not exist."""


class TopicMismatch(TransportError):
    """A topic exists with other properties than declared."""


class FencedError(TransportError):
    """This member no longer owns what it tried to commit; nothing of the transaction is visible."""


class TransportUnavailable(TransportError):
    """The log stayed locked, full or away after all retries; nothing was lost or half-written."""


class RecoveryError(CutstreamError):
    """State cannot be rebuilt from the log as it stands."""
