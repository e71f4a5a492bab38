"""What the commands share: where they print, and how they fail."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console

from models.errors import CutstreamError, InvalidParameter
from stream.errors import ConfigError

EXIT_FAILED = 1
EXIT_MISCONFIGURED = 2
EXIT_PENDING = 3
"""Something is to be done that `plan` does not do."""
EXIT_INTERRUPTED = 130
"""As a shell reports a command that Ctrl-C ended."""
_PLAIN_WIDTH = 160


def stdout() -> Console:
    """The console for results; piped output is plain and wide enough that rows stay on one line.

    Nothing is read as markup: names and values may hold brackets.
    """
    width = None if sys.stdout.isatty() else _PLAIN_WIDTH
    return Console(width=width, highlight=False, markup=False)


def stderr() -> Console:
    """The console for progress and errors."""
    return Console(stderr=True, highlight=False, markup=False, soft_wrap=True)


@contextmanager
def reported_errors() -> Iterator[None]:
    """Turn the project's errors into one sentence per problem on stderr, and an exit code."""
    try:
        yield
    except ConfigError as error:
        _complain([f"{error.source}: {problem}" for problem in error.problems])
        raise SystemExit(EXIT_MISCONFIGURED) from error
    except InvalidParameter as error:
        _complain([str(error)])
        raise SystemExit(EXIT_MISCONFIGURED) from error
    except CutstreamError as error:
        _complain([str(error)])
        raise SystemExit(EXIT_FAILED) from error
    except BrokenPipeError as error:
        # The reader of a pipe has left (`| head`), of which the interpreter would complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(EXIT_FAILED) from error


def _complain(sentences: list[str]) -> None:
    console = stderr()
    for sentence in sentences:
        console.print(f"error: {sentence}")


def run(app: Callable[[], object]) -> None:
    """Run a command line to its end."""
    with reported_errors():
        app()
