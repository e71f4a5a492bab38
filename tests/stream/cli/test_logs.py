"""What the log of a command looks like."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import stamina
import structlog
from stamina.instrumentation import get_on_retry_hooks, set_on_retry_hooks

from stream.cli.logs import log_to_stderr


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    hooks = get_on_retry_hooks()
    yield
    set_on_retry_hooks(hooks)
    structlog.reset_defaults()


def test_a_repetition_is_told_in_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    log_to_stderr()
    failures = [OSError("The log is away.")]
    for attempt in stamina.retry_context(on=OSError, wait_initial=0.0, wait_jitter=0.0):
        with attempt:
            if failures:
                raise failures.pop()
    line = json.loads(capsys.readouterr().err)
    del line["timestamp"]
    assert line == {
        "event": "log_tried_again",
        "level": "warning",
        "error": "The log is away.",
        "tries": 1,
    }
