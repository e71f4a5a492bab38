"""Documents name what exists, and what exists is in the documents."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from api.cli import app
from stream.cli.console import run
from stream.cli.options import opened_log
from stream.cli.service import make_worker, running
from stream.codec.score import ScoreRecord
from stream.codec.timestamps import to_microseconds
from stream.demo.findings import read_scores
from stream.settings import Settings, loads
from stream.topics.start import prepare
from stream.transports import Transport
from tests.cli_reference import commands, reference
from tests.conftest import wait_until

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = re.findall(r"^([a-z-]+):.*## ", MAKEFILE, re.MULTILINE)
COMMANDS = {words for words, _ in commands()}
TOP = {path.name for path in ROOT.iterdir()}


def identified(page: Path) -> str:
    return str(page.relative_to(ROOT))


def code(text: str) -> list[str]:
    """Everything set as code: inline, fenced, indented."""
    fenced = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    rest = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    return (
        fenced + re.findall(r"`([^`\n]+)`", rest) + re.findall(r"^ {4}(\S.*)$", rest, re.MULTILINE)
    )


def blocks(page: str, language: str) -> list[str]:
    text = (ROOT / page).read_text()
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def test_the_command_line_page_is_what_the_commands_say() -> None:
    assert (ROOT / "docs/cli.md").read_text() == reference(), "run `make docs`"


@pytest.mark.parametrize("words", sorted(COMMANDS), ids=" ".join)
def test_every_command_is_documented_with_examples_of_itself(words: tuple[str, ...]) -> None:
    section = reference().partition(f"## cutstream {' '.join(words)}\n")[2].partition("\n## ")[0]
    assert section.count(f"\ncutstream {' '.join(words)}") >= 1


def test_every_first_word_of_a_command_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()
    assert [words for words in COMMANDS if f"`{words[0]}`" not in readme] == []


@pytest.mark.parametrize("page", PAGES, ids=identified)
def test_every_command_in_a_document_exists(page: Path) -> None:
    unknown = [
        line
        for snippet in code(page.read_text())
        for line in snippet.splitlines()
        for call in re.findall(r"(?:^|[ /])cutstream ((?:[a-z-]+ ?)+)", line)
        if not any(tuple(call.split())[: len(words)] == words for words in COMMANDS)
    ]
    assert unknown == []


@pytest.mark.parametrize("page", PAGES, ids=identified)
def test_every_target_in_a_document_exists(page: Path) -> None:
    calls = [
        target
        for snippet in code(page.read_text())
        for target in re.findall(r"^ *make ([a-z-]+)", snippet, re.MULTILINE)
    ]
    assert [target for target in calls if target not in TARGETS] == []


def test_every_target_is_documented_and_phony() -> None:
    contributing = (ROOT / "CONTRIBUTING.md").read_text()
    assert [t for t in TARGETS if t != "help" and f"`make {t}`" not in contributing] == []
    assert [t for t in TARGETS if f".PHONY: {t}\n" not in MAKEFILE] == []


@pytest.mark.parametrize("page", PAGES, ids=identified)
def test_every_path_in_a_document_exists(page: Path) -> None:
    text = page.read_text()
    links = re.findall(r"\]\(((?!https?:)[^)#]+)", text) + re.findall(
        r"^\[[^]]+\]: ((?!https?:)\S+)", text, re.MULTILINE
    )
    missing = [link for link in links if not (page.parent / link).exists()]
    named = re.findall(r"`([\w.-]+/[\w./-]*)`", text)
    missing += [path for path in named if path.split("/")[0] in TOP and not (ROOT / path).exists()]
    assert missing == []


def test_the_index_lists_every_document() -> None:
    index = (ROOT / "docs/index.md").read_text()
    pages = [str(page.relative_to(ROOT / "docs")) for page in (ROOT / "docs").rglob("*.md")]
    assert [page for page in pages if page != "index.md" and f"({page})" not in index] == []


def test_the_configuration_of_the_quickstart_is_sound() -> None:
    text = blocks("docs/quickstart.md", "yaml")[0]
    assert isinstance(loads(text), Settings)


def test_every_configuration_of_the_quickstart_is_sound() -> None:
    for text in blocks("docs/quickstart.md", "yaml"):
        assert loads(text).tasks


def test_the_quickstart_finds_the_machine_that_runs_hot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = blocks("docs/quickstart.md", "yaml")[0]
    (tmp_path / "cutstream.yaml").write_text(text)
    subprocess.run([sys.executable, "-c", blocks("docs/quickstart.md", "python")[0]], check=True)
    settings = loads(text)
    monkeypatch.setattr("sys.argv", replay_of_the_quickstart())
    with pytest.raises(SystemExit) as ending:
        run(app)
    assert not ending.value.code
    with opened_log(settings.log) as log:
        prepare(settings, log)
        with running(make_worker(settings, CollectorRegistry())):
            wait_until(lambda: scored(log) == 6_000, 120)
        flagged = [
            score
            for partition in (0, 1)
            for score in read_scores(log, "machines.scores", partition=partition)
            if score.status == "anomaly"
        ]
    worst = max(flagged, key=lambda score: score.grade)
    hot = range(1_500, 1_510)
    assert (worst.entity, minute(worst) in hot) == ("m2", True)
    assert sum(score.entity == "m2" and minute(score) in hot for score in flagged) >= 2


def replay_of_the_quickstart() -> list[str]:
    lines = [line for block in blocks("docs/quickstart.md", "sh") for line in block.splitlines()]
    (command,) = [line for line in lines if line.startswith("cutstream replay")]
    return command.split()


def scored(log: Transport) -> int:
    return sum(end for _, end in log.topics()["machines.scores"].bounds)


def minute(score: ScoreRecord) -> int:
    """The minute of the quickstart's data that a score is about."""
    found = to_microseconds(score.time)
    assert found is not None
    return (found // 1_000_000 - 1_700_000_000) // 60


def test_the_versions_are_plain_pins() -> None:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = [line for line in lines if not line.startswith("#")]
    assert [line for line in pins if not re.fullmatch(r"[A-Za-z0-9._-]+==[\w.!+]+", line)] == []
