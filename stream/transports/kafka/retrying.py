"""Repeating what fails while the brokers are away."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import stamina

from stream.errors import TransportUnavailable
from stream.transports.kafka.client import Unavailable

T = TypeVar("T")

PATIENCE = 5.0
"""Seconds that an answer may take at least, also where nothing is to be repeated."""


class Retries:
    """Repeats calls for some seconds, and says in a sentence that it was in vain.

    seconds: KafkaOptions.retry_for. url: where the brokers are, for the sentence.
    """

    def __init__(self, seconds: float, url: str) -> None:
        self.seconds = seconds
        self.patience = max(seconds, PATIENCE)
        """Seconds for calls that repeat by themselves."""
        self._url = url

    def run(self, action: Callable[[], T], what: str) -> T:
        """Call `action` until it raises no Unavailable.

        what: what the brokers must do, for the sentence ("list the topics"). Raises
        TransportUnavailable once the seconds are over, and what `action` raises.
        """
        attempts = stamina.retry_context(
            on=Unavailable,
            attempts=None,
            timeout=self.seconds,
            wait_initial=0.02,
            wait_max=1.0,
            wait_jitter=0.05,
        )
        try:
            for attempt in attempts:
                with attempt:
                    return action()
        except Unavailable as error:
            raise self.unavailable(what, error) from error
        raise AssertionError("a retry either returns or raises")

    def unavailable(self, what: str, error: Exception) -> TransportUnavailable:
        """The sentence for brokers that did not do `what` in time."""
        return TransportUnavailable(
            f"The brokers of {self._url} must {what} within {self.patience:g} s, "
            f"got {str(error) or type(error).__name__}."
        )
