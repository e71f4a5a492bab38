"""Long commands: a bar that shows how far they are, and an end between two steps."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event

from stream.cli.console import stderr

Advance = Callable[[float, float, int], object]
"""Called with the position, where the end is, and how many were sent."""


@contextmanager
def interruptible() -> Iterator[Event]:
    """Let Ctrl-C and SIGTERM end a command between two steps: they set the event."""
    stop = Event()
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, lambda *_: stop.set()) for number in numbers]
    try:
        yield stop
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


@contextmanager
def bar(title: str, unit: str) -> Iterator[Advance]:
    """A progress bar on stderr, where that is a terminal."""
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    console = stderr()
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[sent]:,} " + unit),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        shown = progress.add_task(title, total=None, sent=0)
        yield lambda position, total, sent: progress.update(
            shown, completed=position, total=total, sent=sent
        )
