from __future__ import annotations

import pytest

from stream.codec.paths import compile_path, split_path, unread


@pytest.mark.parametrize(
    ("path", "segments"),
    [
        ("a", ("a",)),
        ("a.b.c", ("a", "b", "c")),
        ("a.0", ("a", "0")),
        (r"a\.b.c", ("a.b", "c")),
        (r"a\\.b", ("a\\", "b")),
        ("Water flow [l/s]", ("Water flow [l/s]",)),
        ("a\nb", ("a\nb",)),
    ],
)
def test_segments(path: str, segments: tuple[str, ...]) -> None:
    assert split_path(path) == segments


@pytest.mark.parametrize("path", ["", ".", "a.", ".a", "a..b", "a\\"])
def test_an_empty_part_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="without empty parts"):
        split_path(path)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("flat", 1),
        ("deep.er.est", 2),
        ("list.1", "b"),
        ("list.2", None),
        ("list.-1", None),
        ("list.x", None),
        ("list.1.x", None),
        ("rows.0.x", 3),
        ("digits.0", 4),
        ("null", None),
        ("null.x", None),
        ("flat.x", None),
        ("absent.x", None),
        (r"with\.dot", 5),
    ],
)
def test_walking(path: str, found: object) -> None:
    document = {
        "flat": 1,
        "deep": {"er": {"est": 2}},
        "list": ["a", "b"],
        "rows": [{"x": 3}],
        "digits": {"0": 4},
        "null": None,
        "with.dot": 5,
    }
    assert compile_path(path)(document) == found


@pytest.mark.parametrize(
    ("document", "found"),
    [
        ({"a": 1, "b": {"c": 2}}, []),
        ({"a": {"any": 1}, "b": 5}, []),
        ({"b": {"c": {"any": 1}, "d": [1]}, "e": None}, [r"b.d", "e"]),
        ({"x.y": 1, "x": [{"z": 1}]}, [r"x\.y"]),
        ({"b": None, "x": {"1": 2}}, ["x.1"]),
    ],
)
def test_what_no_path_reads(document: dict[str, object], found: list[str]) -> None:
    assert unread(document, ["a", "b.c", "x.0"]) == found
