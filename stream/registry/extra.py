"""The optional libraries that every format but JSON needs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from stream.registry.errors import MissingExtra


@contextmanager
def extra_schemas() -> Iterator[None]:
    """Import libraries of the extra inside of this. Raises MissingExtra where one is missing."""
    try:
        yield
    except ImportError as error:
        raise MissingExtra(
            "A format other than json needs the extra `schemas` to be installed (pip install "
            f"'cutstream[schemas]'), got: {error}."
        ) from error
