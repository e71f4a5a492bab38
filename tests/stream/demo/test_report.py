from __future__ import annotations

import io

from rich.console import Console

from stream.demo.findings import compare, findings
from stream.demo.play import Count
from stream.demo.report import found_table, live_summary, sentences
from stream.demo.series import Segment
from tests.stream.demo.scores import score


def plain() -> Console:
    return Console(file=io.StringIO(), width=160)


def printed(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def count(scored: int) -> Count:
    return Count("water", 1_000, 1_000, scored, 0, "7 anomalies", 123.4)


def test_without_a_terminal_a_line_is_printed_per_tenth() -> None:
    console = plain()
    with live_summary(console) as show:
        for scored in (0, 50, 100, 120, 950, 1_000):
            show([count(scored)])
    assert printed(console).splitlines() == [
        "water: 100 of 1,000 done, 123/s, 7 anomalies, lag 900",
        "water: 950 of 1,000 done, 123/s, 7 anomalies, lag 50",
        "water: 1,000 of 1,000 done, 123/s, 7 anomalies, lag 0",
    ]


def test_on_a_terminal_the_summary_is_a_table() -> None:
    console = Console(file=io.StringIO(), width=160, force_terminal=True)
    with live_summary(console) as show:
        show([count(400)])
    for word in ("lag", "600", "dead letters", "water"):
        assert word in printed(console)


def test_a_finding_shows_its_leading_feature_and_what_it_is_known_as() -> None:
    flagged = [score(row, "anomaly", grade=0.5, probability=1e-5) for row in (4, 5, 30)]
    console = plain()
    console.print(found_table("water", findings(flagged), [Segment(5, 9, "low flow")]))
    lines = printed(console).splitlines()
    assert "flagged 2 times" in lines[0]
    assert lines[2].split("  ")[0].strip() == "2024-01-01 00:00:00"
    assert "b 20" in lines[2]
    assert "2 (1.5 to 2.5)" in lines[2]
    assert lines[2].rstrip().endswith("low flow")
    assert lines[3].rstrip().endswith("-")


def test_only_the_strongest_findings_are_shown_and_it_says_so() -> None:
    flagged = [score(10 * i, "anomaly", grade=i / 100) for i in range(50)]
    console = plain()
    console.print(found_table("water", findings(flagged), [], most=5))
    assert "flagged 50 times, the 5 with the highest grades" in printed(console)
    assert len(printed(console).splitlines()) == 2 + 5


def test_the_comparison_in_words() -> None:
    records = [score(0, "warming"), score(1, "normal"), score(2, "anomaly", probability=0.01)]
    told = sentences("water", "labels", compare(records, [Segment(2, 2, "x")]))
    assert told == [
        "water: 1 of 1 known anomalous runs hit (labels).",
        "water: 1 of 2 judged records flagged, 1 known to be anomalous, 1 both "
        "(precision 100.0%, recall 100.0%).",
        "water: a known record is less probable than another one in 100.0% of all pairs (ROC AUC).",
        "water: the first 1 records are for warming up, and not judged.",
    ]
    assert "precision -, recall -" in sentences("w", "l", compare([score(0, "normal")], []))[1]
