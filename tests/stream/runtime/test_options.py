from __future__ import annotations

import os

import pytest

from models.errors import InvalidParameter
from stream.runtime.options import RunnerOptions


def test_a_member_is_named_after_its_host_and_process():
    assert RunnerOptions().member.endswith(f"-{os.getpid()}")


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("batch_size", 0, "The 'batch_size' of the runner must be at least 1, got 0."),
        ("poll_timeout", -0.1, "The 'poll_timeout' of the runner must be at least 0 seconds"),
        ("snapshot_every", 0, "The 'snapshot_every' of the runner must be at least 1, got 0."),
        ("session_timeout", 0, "The 'session_timeout' of the runner must be above 0 seconds"),
        ("stall_timeout", 0, "The 'stall_timeout' of the runner must be above 0 seconds"),
        ("retry_first", 0.0, "above 0"),
        ("retry_most", 0.01, "at least the 'retry_first' of 0.1 seconds"),
        ("member", "", "The 'member' of the runner must be a name that is not empty, got ''."),
    ],
)
def test_a_bad_option_is_refused_with_its_rule(field, value, message):
    with pytest.raises(InvalidParameter, match=message):
        RunnerOptions(**{field: value})
