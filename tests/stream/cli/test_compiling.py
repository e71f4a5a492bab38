from __future__ import annotations

import json
from io import StringIO

import pytest
from numba.core.event import trigger_event
from rich.console import Console

import models.forest.kernels.randomness as kernels
from stream.cli import console
from stream.cli.compiling import compiling_shown
from stream.cli.logs import log_to_stderr


def compile_something() -> None:
    with trigger_event("numba:compile", {"dispatcher": kernels.mix}):
        pass


def test_compiling_is_a_line_of_the_log_at_either_end(capsys: pytest.CaptureFixture[str]) -> None:
    log_to_stderr()
    with compiling_shown() as compiled:
        compile_something()
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [line["event"] for line in lines] == ["compiling_kernels", "compiled_kernels"]
    assert lines[0]["at_most"] > lines[1]["kernels"] == compiled.kernels == 1
    assert compiled.sentence().startswith("Compiled 1 kernels in 0 s")


def test_compiling_is_a_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Console(file=StringIO(), force_terminal=True, width=100)
    monkeypatch.setattr(console, "stderr", lambda: terminal)
    with compiling_shown():
        compile_something()
    assert "Compiling kernels" in terminal.file.getvalue()
    assert "1/" in terminal.file.getvalue()


def test_nothing_is_told_where_all_kernels_are_in_the_cache(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log_to_stderr()
    with compiling_shown() as compiled:
        pass
    assert capsys.readouterr().err == ""
    assert compiled.sentence() == "All kernels were in the cache."
