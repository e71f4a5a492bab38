"""Where a demo plays: its settings, and a fresh log in a directory of its own."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from stream.demo.errors import DemoError
from stream.settings import Settings, load

CONFIG = Path(__file__).parents[2] / "examples" / "demo.yaml"


@contextmanager
def fresh_stage(directory: Path) -> Iterator[Settings]:
    """The demo's settings with an empty log in `directory`, which nobody else may use meanwhile.

    Raises DemoError, ConfigError.
    """
    settings = load(CONFIG)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        lock = (directory / "demo.lock").open("w")
    except OSError as error:
        raise DemoError(
            f"The '--dir' of the demo must be a directory to write to, got '{directory}' "
            f"({error.strerror})."
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise DemoError(
                f"The '--dir' of the demo must be free, but another demo plays in '{directory}'."
            ) from error
        path = directory.resolve() / "demo.db"
        for file in (path, *(path.with_name(path.name + end) for end in ("-wal", "-shm"))):
            file.unlink(missing_ok=True)
        yield settings.model_copy(update={"broker": f"sqlite:///{path}"})
