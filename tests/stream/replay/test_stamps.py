from __future__ import annotations

import pytest

from stream.replay.errors import ReplayError
from stream.replay.stamps import compile_stamp


@pytest.mark.parametrize(
    ("event", "stamp"),
    [
        (b'{"at": "2024-01-01T00:00:01.5Z", "m": {"id": 7}}', (b"7", 1_704_067_201_500)),
        (b'{"at": 1704067201, "m": {"id": "a"}}', (b"a", 1_704_067_201_000)),
        (b'{"at": "yesterday", "m": {"id": "a"}}', (b"a", None)),
        (b'{"at": "1960-01-01T00:00:00Z", "m": {}}', (None, None)),
        (b'{"m": {"id": "a"}}', (b"a", None)),
        (b"[1]", (None, None)),
        (b"{broken", (None, None)),
        (b"\xff", (None, None)),
    ],
)
def test_key_and_time_come_from_the_event_or_not_at_all(
    event: bytes, stamp: tuple[bytes | None, int | None]
) -> None:
    assert compile_stamp(["m.id"], "at")(event) == stamp


def test_a_composite_key_is_that_of_the_detectors() -> None:
    assert compile_stamp(["a", "b"], None)(b'{"a": "x", "b": 1}') == (b'["x",1]', None)


def test_without_fields_there_is_neither_key_nor_time() -> None:
    assert compile_stamp([], None)(b'{"a": 1}') == (None, None)


def test_a_path_that_is_none_is_refused() -> None:
    with pytest.raises(ReplayError, match="must be a field path such as"):
        compile_stamp(["a..b"], None)


def test_what_the_detectors_accept_beside_json_keeps_its_key() -> None:
    stamp = compile_stamp(["k"], None)
    assert stamp(b'{"k": "a", "v": NaN}') == (b"a", None)
    assert stamp(b'{"k": "a", "v": -Infinity}') == (b"a", None)
    assert stamp(b"[" * 100_000) == (None, None)
