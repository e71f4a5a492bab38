"""What a task's outputs depend on beside its records, as a few characters."""

from __future__ import annotations

from hashlib import blake2b
from importlib.metadata import PackageNotFoundError, version

import msgspec


def configuration_digest(*parts: str) -> str:
    """16 hexadecimal digits that change with any of the parts, and with the release."""
    try:
        release = version("cutstream")
    except PackageNotFoundError:
        release = ""
    encoded = msgspec.msgpack.encode((release, *parts))
    return blake2b(encoded, digest_size=8).hexdigest()
