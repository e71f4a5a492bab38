from __future__ import annotations

import datetime as dt
import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stream.replay import open_file
from stream.replay.errors import ReplayError
from stream.replay.files import fingerprint


def test_json_lines_are_sent_as_they_stand(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"a": 1.0}\n\n  {broken \r\n{"a":2}')
    rows = list(open_file(path).rows(0))
    assert [(row.number, row.value) for row in rows] == [
        (0, b'{"a": 1.0}'),
        (1, b"{broken"),
        (2, b'{"a":2}'),
    ]
    assert [row.number for row in open_file(path).rows(2)] == [2]


def test_a_truncated_gzip_file_is_refused_after_its_last_whole_line(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson.gz"
    path.write_bytes(gzip.compress(b'{"a":1}\n' * 50_000)[:-20])
    with pytest.raises(ReplayError, match="cannot be read to its end"):
        list(open_file(path).rows(0))


def test_parquet_keeps_types_nulls_and_times(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    time = pa.array([1_700_000_000_123_456_789, None], pa.timestamp("ns", tz="UTC"))
    columns = {
        "time": time,
        "n": pa.array([1, None]),
        "x": pa.array([0.5, float("nan")]),
        "day": pa.array([dt.date(2024, 5, 1), None]),
    }
    pq.write_table(pa.table(columns), path)
    assert [json.loads(row.value) for row in open_file(path).rows(0)] == [
        {"time": "2023-11-14T22:13:20.123456Z", "n": 1, "x": 0.5, "day": "2024-05-01"},
        {"time": None, "n": None, "x": None, "day": None},
    ]


@pytest.mark.parametrize("start", [0, 1, 9, 10, 15, 29, 30, 99])
def test_parquet_starts_at_any_row(tmp_path: Path, start: int) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"n": list(range(30))}), path, row_group_size=10)
    file = open_file(path)
    assert file.total == 30
    assert [json.loads(row.value)["n"] for row in file.rows(start)] == list(range(start, 30))
    assert [row.number for row in file.rows(start)] == list(range(start, 30))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.parquet", b"not parquet", "must be a Parquet file"),
        ("a.xlsx", b"", r"must end in .csv, .jsonl, .ndjson \(.gz may follow\) or .parquet"),
        ("a.parquet.gz", b"", "must end in"),
    ],
)
def test_what_cannot_be_read_is_refused(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ReplayError, match=message):
        open_file(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReplayError, match=r"must exist, got .*nowhere\.csv"):
        open_file(tmp_path / "nowhere.csv")


def test_the_fingerprint_follows_the_content(tmp_path: Path) -> None:
    path, copy, grown = (tmp_path / name for name in ("a.csv", "b.csv", "c.csv"))
    path.write_bytes(b"x" * 3_000_000)
    copy.write_bytes(b"x" * 3_000_000)
    grown.write_bytes(b"x" * 3_000_001)
    assert fingerprint(path) == fingerprint(copy) != fingerprint(grown)
    assert len(fingerprint(path)) == 32
