from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.demo.findings import compare, findings, ranking
from stream.demo.series import Segment
from tests.stream.demo.scores import score


def test_flagged_rows_become_findings_with_their_first_highest_grade() -> None:
    grades = {3: 0.2, 4: 0.9, 6: 0.9, 20: 0.1}
    found = findings([score(row, "anomaly", grade=grade) for row, grade in grades.items()])
    assert [(f.first, f.last, f.peak.source.offset) for f in found] == [(3, 6, 4), (20, 20, 20)]


def test_only_judged_rows_count_but_every_segment_does() -> None:
    known = [Segment(0, 1, "early"), Segment(4, 5, "hit"), Segment(8, 8, "missed")]
    statuses = ["warming"] * 3 + ["normal", "normal", "anomaly", "anomaly", "normal", "normal"]
    records = [
        score(row, status, probability=0.1 if status == "anomaly" else 0.6)
        for row, status in enumerate(statuses)
    ]
    compared = compare(iter(records), known)
    assert (compared.scored, compared.judged, compared.flagged) == (9, 6, 2)
    assert (compared.known, compared.both) == (3, 1)
    assert (compared.segments, compared.hit) == (3, 1)
    assert compared.precision == 0.5
    assert compared.recall == pytest.approx(1 / 3)
    # Known: .6 .1 .6, others: .6 .1 .6; four pairs in favour or against, five equal.
    assert compared.ranking == 0.5


def test_nothing_flagged_and_nothing_known_have_no_shares() -> None:
    compared = compare([score(0, "normal")], [])
    assert (compared.precision, compared.recall, compared.ranking) == (None, None, None)


probabilities = st.lists(st.sampled_from([0.1, 0.2, 0.3, 0.4]), max_size=20)


@given(probabilities, probabilities)
def test_ranking_counts_pairs(known: list[float], others: list[float]) -> None:
    pairs = [(k < o) + (k == o) / 2 for k in known for o in others]
    expected = sum(pairs) / len(pairs) if pairs else None
    assert ranking(known, known + others) == (pytest.approx(expected) if pairs else None)
