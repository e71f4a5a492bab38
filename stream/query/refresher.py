"""A thread that keeps views up to date."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Protocol

import structlog

from stream.errors import TransportError

log = structlog.get_logger(__name__)


class View(Protocol):
    """What is kept up to date."""

    @property
    def name(self) -> str:
        """Of the task whose records it shows."""

    def refresh(self) -> int:
        """Read what is new. Raises TransportError."""

    def interrupt(self) -> None:
        """Let a refresh in hand, and every later one, end soon."""


class Refresher:
    """Refreshes views of one transport, each in turn, every `interval` seconds."""

    def __init__(self, views: Sequence[View], interval: float = 0.25) -> None:
        self._views = views
        self._interval = interval
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="query-index", daemon=True)
        self.errors: dict[str, str] = {}
        """Why a view could not be refreshed the last time, by task."""

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def close(self) -> None:
        """Stop following, and wait for the refresh in hand."""
        self._stopping.set()
        for view in self._views:
            view.interrupt()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            for view in self._views:
                self._refresh(view)
            self._stopping.wait(self._interval)

    def _refresh(self, view: View) -> None:
        try:
            view.refresh()
        except TransportError as error:
            self._note(view, str(error))
        except Exception as error:  # an index that silently stands still would be worse
            self._note(view, f"The index failed: {error!r}.", unexpected=error)
        else:
            self.errors.pop(view.name, None)

    def _note(self, view: View, told: str, unexpected: Exception | None = None) -> None:
        known, self.errors[view.name] = self.errors.get(view.name), told
        if known != told:
            log.warning("index_not_refreshed", task=view.name, error=told, exc_info=unexpected)
