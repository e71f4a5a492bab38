from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Histogram
from prometheus_client.exposition import generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.parser import text_string_to_metric_families

from stream.live.metrics import FOLLOWED
from stream.metrics import TABLE, Metrics, Observed, TaskMetrics, table
from stream.metrics.histogram import BatchHistogram
from stream.records import Outgoing, Record, TopicPartition

DOCS = Path(__file__).parents[3] / "docs" / "operations.md"
TP = TopicPartition("events", 2)
PLACE = {"task": "t", "topic": "events", "partition": "2"}


@pytest.fixture
def registry():
    return CollectorRegistry()


@pytest.fixture
def metrics(registry):
    return TaskMetrics(Metrics(registry), "t")


@pytest.mark.parametrize("metric", [*TABLE, *FOLLOWED], ids=lambda metric: metric.name)
def test_every_metric_is_documented_as_it_is(metric):
    labels = ", ".join(f"`{label}`" for label in metric.labels) or "none"
    row = f"| `{metric.name}` | {metric.kind} | {labels} | {metric.help} |"
    assert row in DOCS.read_text()


def test_the_documentation_names_no_other_metrics():
    named = set(re.findall(r"`(cutstream_\w+)`", DOCS.read_text()))
    assert named == {metric.name for metric in (*TABLE, *FOLLOWED)}


@pytest.mark.parametrize("metric", [*TABLE, *FOLLOWED], ids=lambda metric: metric.name)
def test_every_metric_is_named_as_prometheus_asks(metric):
    assert re.fullmatch(r"cutstream_[a-z_]+", metric.name)
    assert metric.name.endswith("_total") == (metric.kind == "counter")
    assert metric.name.endswith("_info") == (metric.kind == "info")
    assert metric.help.endswith(".")
    assert not {"entity", "key"} & set(metric.labels)
    assert bool(metric.buckets) == (metric.kind == "histogram")
    assert list(metric.buckets) == sorted(set(metric.buckets))
    if metric.name.endswith("_seconds") and metric.buckets:
        assert metric.buckets[0] < 0.001


def test_every_metric_of_the_module_is_in_the_table():
    defined = {m for m in vars(table).values() if isinstance(m, table.Metric)}
    assert defined == set(TABLE)
    assert len({metric.name for metric in TABLE}) == len(TABLE)


def test_names_in_the_table_are_those_that_are_exposed(registry):
    metrics = Metrics(registry)
    for metric in TABLE:
        labels = ["x" for _ in metric.labels]
        if metric.kind == "counter":
            metrics.counter(metric, *labels).inc()
        elif metric.kind == "gauge":
            metrics.gauge(metric, *labels).set(1)
        elif metric.kind == "histogram":
            metrics.histogram(metric).observe(labels, 0.1)
    samples = set()
    for text in (generate_latest(registry).decode(), generate_openmetrics(registry).decode()):
        assert all(f"HELP {m.name.removesuffix('_total')}" in text for m in TABLE[1:])
    for family in text_string_to_metric_families(generate_latest(registry).decode()):
        samples |= {sample.name for sample in family.samples}
    for metric in TABLE:
        suffix = "_bucket" if metric.kind == "histogram" else ""
        assert f"{metric.name}{suffix}" in samples


def test_build_info_tells_the_version(registry):
    Metrics(registry)
    (family,) = [f for f in registry.collect() if f.name == "cutstream_build"]
    assert set(family.samples[0].labels) == {"version", "python"}


@given(st.lists(st.lists(st.floats(-1e6, 1e6)), max_size=5))
def test_the_histogram_is_prometheus_own_but_takes_batches(batches):
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    metric = table.Metric("h", "histogram", "A histogram.", ("task",), (0.0, 0.5, 1.0, 10.0))
    histogram = BatchHistogram(metric, ours)
    own = Histogram("h", "A histogram.", ["task"], buckets=metric.buckets, registry=theirs)
    for batch in batches:
        histogram.observe(("t",), batch)
        child = own.labels("t")
        for value in batch:
            child.observe(value)
    for bound in ("0.0", "0.5", "1.0", "10.0", "+Inf"):
        labels = {"task": "t", "le": bound}
        assert ours.get_sample_value("h_bucket", labels) == theirs.get_sample_value(
            "h_bucket", labels
        )
    labels = {"task": "t"}
    assert ours.get_sample_value("h_count", labels) == theirs.get_sample_value("h_count", labels)
    expected = theirs.get_sample_value("h_sum", labels)
    assert ours.get_sample_value("h_sum", labels) == (
        None if expected is None else pytest.approx(expected)
    )


def test_consumed_records_are_counted_with_their_age(registry, metrics):
    records = [Record("events", 2, at, 1000 * at, b"k", b"v", ()) for at in (1, 2, 20)]
    metrics.consumed(records, now=12.0)

    def latency(bound):
        name, labels = "cutstream_end_to_end_latency_seconds_bucket", {"task": "t", "le": bound}
        return registry.get_sample_value(name, labels)

    consumed = {"task": "t", "topic": "events"}
    assert registry.get_sample_value("cutstream_records_consumed_total", consumed) == 3
    assert (latency("0.0001"), latency("10.0"), latency("30.0")) == (1, 2, 3)


def test_outputs_and_snapshots_are_counted_apart(registry, metrics):
    metrics.produced([Outgoing("scores", b"k", b"v"), Outgoing("dlq", b"k", b"v")])
    chunks = [Outgoing("snapshots", b"\x00\x01", b"12345"), Outgoing("snapshots", b"k", b"123")]
    metrics.wrote(2, [*chunks, Outgoing("snapshots", b"forgotten", None)])
    for topic in ("scores", "dlq"):
        labels = {"task": "t", "topic": topic}
        assert registry.get_sample_value("cutstream_records_produced_total", labels) == 1
    assert registry.get_sample_value("cutstream_snapshots_written_total", {"task": "t"}) == 2
    assert registry.get_sample_value("cutstream_snapshot_bytes_total", {"task": "t"}) == 8


def test_what_a_task_tells_is_counted(registry, metrics):
    scores = np.array([0.1, 5.0])
    metrics.observed(Observed({"normal": 2, "anomaly": 1}, scores, {"undecodable": 4}))

    def value(name, **labels):
        return registry.get_sample_value(name, {"task": "t", **labels})

    assert value("cutstream_decisions_total", status="normal") == 2
    assert value("cutstream_decisions_total", status="anomaly") == 1
    assert value("cutstream_dead_letters_total", reason="undecodable") == 4
    assert value("cutstream_score_count") == 2


def test_what_must_stay_at_nought_is_exposed_from_the_start(registry, metrics):
    names = ("replay_mismatch", "corrupt_snapshots", "fenced", "log_unavailable", "model_errors")
    for name in (*names, "state_rebuilds"):
        assert registry.get_sample_value(f"cutstream_{name}_total", {"task": "t"}) == 0


def test_a_partition_that_is_left_is_not_exposed_any_more(registry, metrics):
    metrics.place(table.LAG_RECORDS, TP, 5)
    assert registry.get_sample_value("cutstream_consumer_lag_records", PLACE) == 5
    metrics.leave(TP)
    metrics.leave(TP)
    assert registry.get_sample_value("cutstream_consumer_lag_records", PLACE) is None
