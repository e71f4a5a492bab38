"""Answers that carry records of a topic byte for byte."""

from __future__ import annotations

import msgspec
from fastapi import Response

_encode = msgspec.json.Encoder().encode


class JSONBytes(Response):
    """A JSON answer; `msgspec.Raw` values in it are sent as they are."""

    media_type = "application/json"

    def __init__(self, content: object) -> None:
        super().__init__(_encode(content))


def raw(records: list[bytes]) -> list[msgspec.Raw]:
    """Records that are JSON already."""
    return [msgspec.Raw(record) for record in records]
