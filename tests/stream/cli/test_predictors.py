from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from stream.records import Outgoing, Record, TopicPartition
from stream.settings import load
from stream.tasks.predict import PredictTask
from stream.transports import Transport
from tests.stream.cli.conftest import Outcome

Run = Callable[..., Outcome]

CONFIG = """
broker: sqlite:///{path}
predictors:
  fraud:
    input: {{topic: payments, id: no, label: fraud, timestamp: at}}
    metrics: {{every: 4}}
    models: {{plain: LogisticRegression, bayes: GaussianNB}}
"""


@pytest.fixture
def predicting(tmp_path: Path, log: Transport) -> Path:
    """A configuration whose predictor has met eight labelled payments."""
    path = tmp_path / "fraud.yaml"
    path.write_text(CONFIG.format(path=tmp_path / "log.db").replace("id: no", "id: nr"))
    task = PredictTask(load(path), "fraud")
    for spec in task.topics:
        log.ensure_topic(spec)
    log.append([payment(nr, amount=nr % 3, fraud=nr % 3 == 2) for nr in range(8)])
    work(log, task)
    return path


def payment(nr: int, *, amount: float, fraud: bool) -> Outgoing:
    value = {"nr": nr, "at": nr, "amount": amount, "fraud": fraud}
    return Outgoing("payments", None, json.dumps(value).encode())


def work(log: Transport, task: PredictTask) -> None:
    """What a worker would write, from the start of the input."""
    tp = TopicPartition("payments", 0)
    records: list[Record] = list(log.read(tp, 0))
    log.append([output.record for output in task.open(tp).process(records).outputs])


def test_the_models_are_listed(run: Run, predicting: Path) -> None:
    rows = [line.split() for line in run("predictors", "list", "-c", predicting).out.splitlines()]
    assert rows == [
        ["predictor", "model", "role", "scope", "learned", "warnings", "drifts"],
        ["fraud", "plain", "champion", "partition", "8", "0", "0"],
        ["bayes", "challenger", "8", "0", "0"],
    ]


def test_measures_stand_side_by_side(run: Run, predicting: Path) -> None:
    shown = run("predictors", "metrics", "fraud", "--config", predicting)
    assert shown.code == 0
    head, role, labels, accuracy, *_ = (line.split() for line in shown.out.splitlines())
    assert (head, role) == (["plain", "bayes"], ["role", "champion", "challenger"])
    assert labels == ["labels", "8", "7"]
    assert accuracy[0] == "accuracy"
    assert shown.out.splitlines()[-1].startswith("events: 8 predicted, 0 skipped, 8 labelled")


def test_measures_are_json_too(run: Run, predicting: Path) -> None:
    shown = run("predictors", "metrics", "fraud", "-c", predicting, "--view", "total", "--json")
    document = json.loads(shown.out)
    assert [one["model"] for one in document["models"]] == ["plain", "bayes"]
    assert document["models"][0]["figures"]["labels"] == 8
    (listed,) = json.loads(run("predictors", "list", "-c", predicting, "--json").out)
    assert listed["predictor"] == "fraud"
    assert listed["states"] == 1


def test_a_promotion_is_a_record_of_the_log(run: Run, predicting: Path, log: Transport) -> None:
    promoted = run("predictors", "promote", "fraud", "bayes", "-c", predicting)
    assert promoted.out == "bayes is champion of fraud from payments 0:8 on\n"
    (record,) = log.read(TopicPartition("payments", 0), 8)
    assert record.headers == (("cutstream-kind", b"control"),)
    work(log, PredictTask(load(predicting), "fraud"))
    shown = run("predictors", "list", "-c", predicting).out.splitlines()
    assert [line.split()[-5:-3] for line in shown[1:]] == [
        ["challenger", "partition"],
        ["bayes", "champion"],
    ]


def test_records_of_somebody_else_are_passed_over(
    run: Run, predicting: Path, log: Transport
) -> None:
    before = run("predictors", "metrics", "fraud", "-c", predicting).out
    topics = ("payments.metrics", "payments.changes")
    log.append([Outgoing(topic, None, value) for topic in topics for value in (b"{", b"{}", None)])
    assert run("predictors", "metrics", "fraud", "-c", predicting).out == before
    assert "champion" in run("predictors", "list", "-c", predicting).out


def test_what_is_not_configured_is_told(run: Run, predicting: Path) -> None:
    unknown = run("predictors", "promote", "fraud", "tree", "-c", predicting)
    assert (unknown.code, unknown.err) == (
        2,
        "error: predictors: The model to promote must be one of plain, bayes, got 'tree'.\n",
    )
    other = run("predictors", "metrics", "spam", "-c", predicting)
    assert other.err == "error: predictors: The predictor must be one of fraud, got 'spam'.\n"


def test_without_metrics_it_says_when_they_come(run: Run, predicting: Path) -> None:
    predicting.write_text(predicting.read_text().replace("every: 4", "topic: m, every: 9"))
    shown = run("predictors", "metrics", "fraud", "-c", predicting)
    assert shown.out == "There are no metrics yet; the first come after 9 labels.\n"


def test_the_state_of_a_predictor_is_shown(run: Run, predicting: Path) -> None:
    facts = run("validate", predicting).out
    assert "plain (champion), bayes; one state per partition" in facts
    assert run("topics", "plan", predicting).out.count("ok ") == 6
