"""A file read through gzip or not, that still knows how far on disk the reading has come."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast


@contextmanager
def opened(path: Path) -> Iterator[tuple[BinaryIO, BinaryIO]]:
    """Yield (content, stored): what to read, and the stored file whose `tell` is the progress."""
    with path.open("rb") as stored:
        if path.name.lower().endswith(".gz"):
            with gzip.GzipFile(fileobj=stored) as content:
                yield cast(BinaryIO, content), stored
        else:
            yield stored, stored
