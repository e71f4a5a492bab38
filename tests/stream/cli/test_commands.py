from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import typer

from stream.cli.app import app
from stream.codec import SCHEMAS
from stream.records import Outgoing
from stream.transports import Transport, connect
from stream.transports.protocol import TopicSpec
from tests.stream.cli.conftest import Outcome

Run = Callable[..., Outcome]


def commands(node: object, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], object]]:
    """Every command below a node of the command tree, with its words."""
    children = getattr(node, "commands", None)
    if children is None:
        yield path, node
        return
    for name, child in children.items():
        yield from commands(child, (*path, name))


COMMANDS = [words for words, _ in commands(typer.main.get_command(app))]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_shows_examples_of_itself(run: Run, words: tuple[str, ...]) -> None:
    outcome = run(*words, "--help")
    assert outcome.code == 0
    examples = outcome.out.partition("Examples")[2]
    assert " ".join(("cutstream", *words)) in examples


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "import stream.cli.app\n"
        "heavy = {'numba', 'numpy', 'pyarrow', 'fastapi', 'pydantic', 'river', 'sqlite3'}\n"
        "print(*(heavy & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_validate_says_what_would_run(run: Run, config: Path) -> None:
    outcome = run("validate", config)
    assert outcome.code == 0
    assert outcome.out.startswith(f"{config} is sound. Its log is sqlite:///")
    words = " ".join(outcome.out.split())
    for told in (
        "pumps detector reads pumps, 2 partition(s) entity site, pump; re-keyed through "
        "cutstream.pumps.rekeyed time at features flow;",
        "forest 50 trees of 256 shingles of 8, inverse_depth",
        "judges from record 137 of an entity on, alarm rate 0.001",
        "writes pumps.scores, pumps.alerts, pumps.dlq",
    ):
        assert told in words


def test_validate_says_what_a_recommender_would_do(run: Run, config: Path) -> None:
    config.write_text(
        """
        recommenders:
          shop:
            input: {topic: clicks, user: who, item: what, type: did}
            types: {view: 1, impression: seen}
            requests: {topic: wishes}
            on_change: {every: 5m}
        """
    )
    words = " ".join(run("validate", config).out.split())
    for told in (
        "shop recommender reads clicks, 1 partition(s), requests from wishes, 1 partition(s)",
        "types view 1, impression seen (did) through all in one order in cutstream.shop.sequenced",
        "recommends unasked: 10 items, at most once in 5m to a user",
        "writes clicks.recommendations, clicks.metrics, clicks.dlq",
    ):
        assert told in words


def test_validate_names_the_models_of_a_detector(run: Run, config: Path) -> None:
    config.write_text(
        """
        detectors:
          pumps:
            input: {topic: pumps, features: [flow]}
            models: [{HalfSpaceTrees: {n_trees: 25}}, [StandardScaler, OneClassSVM]]
            combine: vote
        """
    )
    words = " ".join(run("validate", config).out.split())
    assert "models HalfSpaceTrees, StandardScaler | OneClassSVM of River; opinions: vote" in words
    assert "judges from record 137 of an entity on at the earliest, alarm rate 0.001" in words
    assert "forest" not in words


def test_brackets_are_no_markup(run: Run, config: Path) -> None:
    config.write_text(config.read_text().replace("[flow]", "{flow: 'Water flow [l/s]'}"))
    assert "flow (Water flow [l/s])" in run("validate", config).out


def test_a_log_can_be_tried(run: Run, config: Path, url: str) -> None:
    assert "not there yet" in run("validate", config, "--connect").out
    with closing(connect(url)) as log:
        log.ensure_topic(TopicSpec("pumps", 2))
    assert "can be reached; its topics: 1" in run("validate", config, "--connect").out
    assert "reached" not in run("validate", config).out


def test_a_log_that_cannot_be_reached_is_a_failure(run: Run, config: Path, tmp_path: Path) -> None:
    (tmp_path / "log.db").write_text("no database at all")
    outcome = run("validate", config, "--connect")
    assert (outcome.code, len(outcome.err.splitlines())) == (1, 1)


def test_brokers_that_are_away_leave_stdout_to_the_results(run: Run, config: Path) -> None:
    lines = config.read_text().splitlines()
    config.write_text(
        "\n".join(["broker: kafka://127.0.0.1:1", "kafka: {retry_for: 0.1}", *lines[2:]])
    )
    outcome = run("validate", config, "--connect")
    assert outcome.code == 1
    assert "retry" not in outcome.out
    assert "error: The brokers of kafka://127.0.0.1:1 must list the topics" in outcome.err


def test_settings_of_another_kind_of_log_are_told(run: Run, config: Path) -> None:
    assert "kafka" not in run("validate", config).out
    config.write_text(config.read_text() + "kafka: {retry_for: 5}\n")
    outcome = run("validate", config)
    assert "The settings of 'kafka' have no effect, for the log is sqlite:" in outcome.out
    assert outcome.code == 0


def test_every_problem_of_a_configuration_is_one_line_and_the_code_is_2(
    run: Run, tmp_path: Path
) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(
        "detectors: {a: {input: {topic: t, features: [x]}, shingle_size: 0, warmup: -1}}"
    )
    outcome = run("validate", path)
    assert outcome.code == 2
    lines = outcome.err.splitlines()
    assert len(lines) == 2
    assert all(line.startswith(f"error: {path}: ") for line in lines)
    assert "Traceback" not in outcome.err
    assert run("validate", tmp_path / "nowhere.yaml").code == 2


def test_schemas_are_printed_in_every_language(run: Run) -> None:
    everything = json.loads(run("schema").out)
    assert set(everything) == {*SCHEMAS, "config"}
    for name, document in everything.items():
        assert json.loads(run("schema", name).out) == document
        assert document["$schema"].endswith("2020-12/schema")
    avro = json.loads(run("schema", "--format", "avro").out)
    assert {name: document["type"] for name, document in avro.items()} == {
        "score": "record",
        "alert": "record",
    }
    assert json.loads(run("schema", "alert", "-f", "avro").out) == avro["alert"]
    both = run("schema", "--format", "protobuf").out
    assert run("schema", "alert", "-f", "protobuf").out in both
    assert "message ScoreRecord {" in both
    assert "one of score, alert, got 'config'" in run("schema", "config", "-f", "avro").err
    outcome = run("schema", "scores")
    assert outcome.code == 2
    assert "one of score, alert, dead-letter, " in outcome.err


def test_replay_reads_key_time_and_partitions_from_the_configuration(
    run: Run, config: Path, tmp_path: Path, log: Transport
) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text('{"site": "s", "pump": 1, "at": "2024-01-01T00:00:00Z", "flow": 1.5}\n' * 3)
    assert run("replay", file, "-t", "pumps", "-c", config).out == "3 events sent to pumps\n"
    assert log.topics()["pumps"].spec.partitions == 2
    tail = run("topics", "tail", "pumps", "--config", config).out.splitlines()
    assert len(tail) == 3
    assert '2024-01-01T00:00:00Z  ["s",1]  {"site": "s"' in tail[0]
    again = run("replay", file, "-t", "pumps", "-c", config)
    assert again.out == "0 events sent to pumps, 3 were there already\n"
    assert run("replay", file, "-t", "pumps", "-c", config, "--restart").out.startswith("3 ")


def test_a_topic_that_no_detector_reads_is_a_slip(run: Run, config: Path, tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text("{}\n")
    outcome = run("replay", file, "--topic", "pmups", "--config", config)
    assert outcome.code == 2
    assert "one of pumps, got 'pmups'" in outcome.err


def test_items_are_sent_with_their_key(run: Run, url: str, tmp_path: Path) -> None:
    config = tmp_path / "shop.yaml"
    shop = "{input: {topic: clicks, user: who, item: what}, items: {topic: products}}"
    config.write_text(f"broker: {url}\nrecommenders: {{shop: {shop}}}\n")
    file = tmp_path / "products.jsonl"
    file.write_text('{"id": "p1", "text": "tea"}\n')
    outcome = run("replay", file, "-t", "products", "-c", config)
    assert (outcome.code, outcome.out) == (2, "")
    assert "--key: It must be the field path of the record key" in outcome.err
    sent = run("replay", file, "-t", "products", "-c", config, "--key", "id")
    assert sent.out == "1 events sent to products\n"
    assert run("replay", file, "-t", "products", "-b", url).code == 2


def test_replay_without_configuration(run: Run, url: str, tmp_path: Path) -> None:
    file = tmp_path / "events.csv"
    file.write_text("host,n\na,1\nb,2\n")
    outcome = run("replay", file, "-t", "t", "-b", url, "--key", "host", "--rate", "1000")
    assert outcome.out == "2 events sent to t\n"
    assert len(run("topics", "tail", "t", "-b", url, "--key", "a").out.splitlines()) == 1
    failed = run("replay", tmp_path / "nowhere.csv", "-t", "t", "-b", url)
    assert (failed.code, failed.out) == (1, "")
    assert "must exist" in failed.err


def test_topics_list_and_tail(run: Run, url: str, log: Transport) -> None:
    log.ensure_topic(TopicSpec("t", 2, retention_ms=3_600_000))
    log.append([Outgoing("t", b"k", b"%d" % n, (), 1_000 * n, n % 2) for n in range(40)])
    listed = run("topics", "list", "--broker", url)
    assert listed.out.splitlines()[1].split() == ["t", "2", "40", "20", "20", "1", "hours"]
    tail = run("topics", "tail", "t", "-n", "3", "--broker", url).out.splitlines()
    assert tail == [
        "1:18  1970-01-01T00:00:37Z  k  37",
        "0:19  1970-01-01T00:00:38Z  k  38",
        "1:19  1970-01-01T00:00:39Z  k  39",
    ]
    assert run("topics", "tail", "t", "-n", "0", "--broker", url).out == ""


def test_what_is_not_there_is_named(run: Run, url: str, log: Transport, tmp_path: Path) -> None:
    log.ensure_topic(TopicSpec("t"))
    outcome = run("topics", "tail", "u", "--broker", url)
    assert (outcome.code, outcome.err) == (
        1,
        "error: The topic must be one of the log's (t), got 'u'.\n",
    )
    missing = tmp_path / "other.db"
    outcome = run("topics", "list", "--broker", f"sqlite:///{missing}")
    assert outcome.code == 1
    assert "there is no file" in outcome.err
    assert not missing.exists()
    assert run("topics", "list", "--broker", "nonsense").code == 2


def test_a_file_that_is_no_log_is_refused_without_a_traceback(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    sqlite3.connect(path).close()
    path.write_text("hello" * 1_000)
    outcome = run("topics", "list", "--broker", f"sqlite:///{path}")
    assert outcome.code == 1
    assert outcome.err.startswith("error: ")


def test_a_wrong_option_is_code_2(run: Run) -> None:
    assert run("replay").code == 2
    assert run("topics", "tail", "t", "-n", "-1").code == 2
