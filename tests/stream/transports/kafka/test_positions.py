"""Committed metadata survives every pair of writer and reader."""

from __future__ import annotations

import pytest

from stream.transports.kafka.positions import metadata_of, terminated


@pytest.mark.parametrize("text", ["", "{}", '{"v":2}'])
def test_what_is_committed_ends_like_a_c_string(text: str) -> None:
    assert terminated(text) == text + "\0"
    assert metadata_of(terminated(text)) == metadata_of(text) == text


def test_no_metadata_is_none_at_all() -> None:
    assert metadata_of(None) == ""
