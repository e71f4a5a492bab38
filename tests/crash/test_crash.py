"""`kill -9` of real processes: the small edition of `python -m tests.crash`."""

from __future__ import annotations

from tests.crash.campaign import Plan, run_plan


def test_kills_leave_no_trace_in_the_outputs(tmp_path):
    verdict = run_plan(Plan(events=8000, kills=4, seed=1), tmp_path)
    assert verdict.differences == []
    assert verdict.identical
    assert verdict.outputs == 8000
    assert verdict.lives == 6
    assert verdict.replays > 0
    assert verdict.mismatches == 0
    assert verdict.left_to_replay == 0
