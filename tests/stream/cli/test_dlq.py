from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from stream.transports import Transport
from tests.stream.cli.conftest import Outcome
from tests.stream.dead_letters.letters import contents, declare, fill

Run = Callable[..., Outcome]


@pytest.fixture
def letters(log: Transport) -> Transport:
    declare(log)
    fill(log, 6)
    return log


@pytest.mark.usefixtures("letters")
def test_letters_are_listed_with_reason_and_origin(run: Run, url: str) -> None:
    for named in ((), ("readings",), ("readings.dlq",)):
        rows = run("dlq", "list", *named, "-n", "2", "-b", url).out.splitlines()
        assert rows[0].split() == ["topic", "letter", "time", "reason", "original", "key", "detail"]
        assert rows[1].split()[:6] == [
            "readings.dlq",
            "0:2",
            "1970-01-01T00:00:04Z",
            "not_a_number",
            "readings",
            "0:104",
        ]
        assert rows[2].rstrip().endswith("It is number 5.")
    out = run(
        "dlq", "list", "--reason", "undecodable", "--since", "1970-01-01T00:00:03Z", "-b", url
    )
    assert [row.split()[1] for row in out.out.splitlines()[1:]] == ["1:1", "1:2"]
    assert "no such dead letters" in run("dlq", "list", "--since", "2h", "-b", url).out


@pytest.mark.usefixtures("letters")
def test_letters_are_listed_and_shown_as_json(run: Run, url: str) -> None:
    listed = [json.loads(row) for row in run("dlq", "list", "--json", "-b", url).out.splitlines()]
    assert len(listed) == 6
    shown = json.loads(run("dlq", "show", "readings", "0:2", "-b", url).out)
    assert shown == listed[4]
    assert shown["original"] == {"topic": "readings", "partition": 0, "offset": 104}
    assert (shown["key"], shown["value"]) == (r"k\xff4", '{"n": 4}')
    assert shown["headers"] == [["ce_id", "4"], ["a", ""]]


@pytest.mark.usefixtures("letters")
@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("show", "readings", "0:9"), 1, "must be one of 'readings.dlq', but there is none at 0:9"),
        (("show", "readings", "7:0"), 1, "there is none at 7:0"),
        (("show", "readings", "x"), 2, "a partition and an offset such as 0:17, got 'x'"),
        (("list", "other"), 2, "other: it is empty, and not named as one"),
        (("list", "nowhere"), 1, "got 'nowhere', which does not exist"),
        (("list", "--reason", "bad"), 2, "one of undecodable, "),
        (("list", "--since", "soon"), 2, "or a duration such as 30m, 2h or 7d, got 'soon'"),
        (("replay", "readings", "--to", "nowhere"), 1, "nowhere"),
        (("replay", "other"), 2, "must be a topic of dead letters"),
    ],
)
def test_a_slip_is_one_sentence(
    run: Run, url: str, words: tuple[str, ...], code: int, sentence: str
) -> None:
    outcome = run("dlq", *words, "-b", url)
    assert outcome.code == code
    assert sentence in outcome.err
    assert outcome.err.count("\n") == 1


def test_letters_are_sent_back_once(run: Run, url: str, letters: Transport) -> None:
    dry = run("dlq", "replay", "readings", "--dry-run", "-b", url).out.splitlines()
    assert dry == [
        "3 not_a_number would be sent to readings",
        "3 undecodable would be sent to readings",
        "6 dead letters would be sent",
    ]
    assert contents(letters, "readings") == []
    some = run("dlq", "replay", "readings", "--reason", "undecodable", "-b", url)
    assert some.out.splitlines()[-1] == "3 dead letters sent, 3 are not asked for"
    rest = run("dlq", "replay", "readings.dlq", "-b", url)
    assert rest.out.splitlines()[-1] == "3 dead letters sent, 3 were sent before"
    assert len(contents(letters, "readings")) == 6
    assert run("dlq", "replay", "readings", "-b", url).out.startswith("0 dead letters sent")
    assert run("dlq", "replay", "readings", "--again", "-n", "2", "-b", url).code == 0
    assert len(contents(letters, "readings")) == 8


def test_a_configuration_names_its_dead_letter_topics(
    run: Run, config: Path, letters: Transport
) -> None:
    text = config.read_text() + "    dead_letters: {topic: other}\n"
    config.write_text(text)
    assert "no such dead letters in other" in run("dlq", "list", "-c", config).out
    assert contents(letters, "other") == []
