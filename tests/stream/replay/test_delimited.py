from __future__ import annotations

import gzip
import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.replay import open_file
from stream.replay.delimited import typed
from stream.replay.errors import ReplayError


def events(path: Path, start: int = 0) -> list[object]:
    return [json.loads(row.value) for row in open_file(path).rows(start)]


@pytest.mark.parametrize(
    ("cell", "value"),
    [
        ("12", 12),
        ("-0", 0),
        (" 12.50 ", 12.5),
        (".5", 0.5),
        ("-1e3", -1000.0),
        ("", None),
        ("  ", None),
        ("NaN", None),
        ("null", None),
        ("007", "007"),
        ("+49", "+49"),
        ("1_000", "1_000"),
        ("inf", "inf"),
        ("1e999", "1e999"),
        ("-", "-"),
        ("e5", "e5"),
        ("12345678901234567890", "12345678901234567890"),
        (" pump ", " pump "),
    ],
)
def test_a_cell_becomes_a_number_only_where_it_is_one(cell: str, value: object) -> None:
    got = typed(cell)
    assert got == value
    assert type(got) is type(value)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_finite_number_survives(number: float) -> None:
    assert typed(repr(number)) == number


@given(st.text())
def test_every_cell_becomes_something_that_json_can_carry(cell: str) -> None:
    value = typed(cell)
    assert value is None or isinstance(value, str) or math.isfinite(value)


def test_rows_are_numbered_without_blank_lines(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("time,flow\n1,2.5\n\n2,\n")
    rows = list(open_file(path).rows(0))
    assert [row.number for row in rows] == [0, 1]
    assert events(path) == [{"time": 1, "flow": 2.5}, {"time": 2, "flow": None}]
    assert rows[-1].position == open_file(path).total


def test_reading_may_start_anywhere(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("n\n" + "\n".join(map(str, range(100))))
    assert events(path, 97) == [{"n": 97}, {"n": 98}, {"n": 99}]
    assert events(path, 100) == []


def test_a_byte_order_mark_quotes_and_gzip_are_understood(tmp_path: Path) -> None:
    path = tmp_path / "A.CSV.gz"
    path.write_bytes(gzip.compress('\ufeffname,n\n"a, ""b""",1\n'.encode()))
    assert events(path) == [{"name": 'a, "b"', "n": 1}]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "must name every column"),
        (b"a,,c\n1,2,3\n", "must name every column"),
        (b"a,a\n1,2\n", "must name every column"),
        (b"a,b\n1,2\n3\n", r"Line 3 of .* must have 2 cells like the header, got 1"),
        (b'a\n"x\n', "must be CSV in UTF-8"),
        (b"a\n\xff\n", "must be CSV in UTF-8"),
    ],
)
def test_a_broken_file_is_refused_in_one_sentence(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(ReplayError, match=message):
        events(path)
