"""How far the compiling of kernels is: the one long silence of a first start."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass
class Compiled:
    """What was compiled, up to now."""

    kernels: int = 0
    seconds: float = 0.0

    def sentence(self) -> str:
        """What became of it."""
        if not self.kernels:
            return "All kernels were in the cache."
        return (
            f"Compiled {self.kernels} kernels in {self.seconds:.0f} s; they are in the cache now."
        )


@contextmanager
def compiling_shown() -> Iterator[Compiled]:
    """Tell on stderr of the kernels that get compiled in the block.

    On a terminal with a bar, elsewhere in the log, when it begins and when it is done. Nothing is
    told where all of them are read from the cache, which takes below a second.
    """
    import structlog
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from models.compiled import watched
    from stream.cli.console import stderr

    console = stderr()
    log = structlog.get_logger(__name__)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    compiled = Compiled()
    started = time.monotonic()
    bar = Progress(*columns, console=console, disable=not console.is_terminal, transient=True)
    with bar:
        shown = bar.add_task("Compiling kernels, which is done once", visible=False)

        def tell(done: int, total: int) -> None:
            if not done and not console.is_terminal:
                log.info("compiling_kernels", at_most=total)
            compiled.kernels = done
            bar.update(shown, completed=done, total=total, visible=True)

        with watched(tell):
            yield compiled
    compiled.seconds = time.monotonic() - started
    if compiled.kernels and not console.is_terminal:
        log.info("compiled_kernels", kernels=compiled.kernels, seconds=round(compiled.seconds, 1))
