"""Every fault is told in one sentence, and all at once."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from stream.errors import ConfigError
from stream.settings import loads

NO_TASK = (
    "The configuration must have an entry in one of detectors, recommenders, predictors, got none."
)


def problems(text: str, environment: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        loads(text, "test", environment or {})
    return caught.value.problems


def of_detector(fields: str, source: str = "") -> list[str]:
    return problems(f"detectors: {{d: {{input: {{topic: t, features: [x]{source}}}{fields}}}}}")


def test_all_problems_come_at_once() -> None:
    found = problems(
        """
        broker: nothing
        api: {port: 99999, tokne: abc, token_file: /nonexistent/token}
        worker: {batch_size: true, poll_timeout: x, snapshot_every: 1.5}
        detectors:
          Water:
            input: {topic: a b, partitions: 0, features: {}, missing: guess}
            forest: {n_trees: 0, score: best}
            decision: {alarm_rate: "${RATE}"}
          c: {input: {topic: shared, features: [a], partitions: 2}}
          d: {input: {topic: shared, features: [a], partitions: 3}, output: {topic: other}}
          e: 5
          f: {input: {}}
        """
    )
    assert found == [
        "detectors.Water.decision.alarm_rate must name environment variables that are set, "
        "got ${RATE}, which is not.",
        "api.token_file must be a readable file, got '/nonexistent/token': "
        "No such file or directory.",
        "broker must be a URL such as sqlite:///cutstream.db or kafka://host:9092, got 'nothing'.",
        "api.port must be at most 65535, got 99999.",
        "A setting of api must be like 'token', got 'tokne'.",
        "worker.batch_size must be a number, got True.",
        "worker.poll_timeout must be a number, got 'x'.",
        "worker.snapshot_every must be a whole number, got 1.5.",
        "detectors.Water must be at most 100 of the characters a-z, 0-9, '.', '_' and '-', "
        "the first a letter or digit, got 'Water'.",
        "detectors.Water.input.topic must be at most 249 of the characters a-z, A-Z, 0-9, '.', "
        "'_' and '-', got 'a b'.",
        "detectors.Water.input.partitions must be at least 1, got 0.",
        "detectors.Water.input.features must be a mapping of names to field paths, or a list of "
        "field paths, got a mapping.",
        "detectors.Water.input.missing must be 'impute', 'skip' or 'dead-letter', got 'guess'.",
        "detectors.Water.forest.n_trees must be from 1 to 1000, got 0.",
        "detectors.Water.forest.score must be 'inverse_depth' or 'displacement', got 'best'.",
        "detectors.e must be a mapping, got 5.",
        "detectors.f.input.topic must be set, got nothing.",
        "detectors.f.input.features must be set, got nothing.",
        "detectors.d.input.partitions must be 2, as detectors.c.input shares the topic 'shared', "
        "got 3.",
    ]


@pytest.mark.parametrize(
    ("fields", "source", "sentence"),
    [
        (", shingle_size: 0", "", "shingle_size must be from 1 to 1024, got 0."),
        (", warmup: 0", "", "warmup must be at least 1, or null, got 0."),
        (", forest: {sample_size: 1}", "", "forest.sample_size must be from 4 to 32768, got 1."),
        (", forest: {time_decay: 2}", "", "forest.time_decay must be from 0 to 1, or null, got 2"),
        (", forest: {time_decay: .nan}", "", "forest.time_decay must be from 0 to 1, or null"),
        (", forest: {seed: -1}", "", "forest.seed must be from 0 to 2**63 - 1, got -1."),
        (", decision: {alarm_rate: 0.5}", "", "decision.alarm_rate must be above 0 and below 0.05"),
        ("", ", retention: 7 days", "input.retention must be a duration such as 500ms, 30s"),
        ("", ", retention: 0s", "input.retention must be a duration such as"),
        ("", ", retention: 60", "input.retention must be a duration such as"),
        ("", ", key: [a, a]", "input.key must be distinct field paths, got ['a', 'a']."),
        ("", ", key: 5", "input.key must be a field path, a list of field paths, or null, got 5."),
        ("", ", key: a..b", "input.key must be a field path such as 'a.b' or 'a.0', without empty"),
        ("", ", timestamp: .a", "input.timestamp must be a field path such as"),
        (", output: {topic: t}", "", "output.topic must differ from detectors.d.input.topic"),
        (
            ", alerts: {topic: t.scores}",
            "",
            "alerts.topic must differ from detectors.d.output.topic",
        ),
        (", snapshots: {topic: t.dlq}", "", "snapshots.topic must differ from detectors.d.dead_le"),
    ],
)
def test_a_rule_of_a_detector(fields: str, source: str, sentence: str) -> None:
    (found,) = of_detector(fields, source)
    assert found.startswith(f"detectors.d.{sentence}")


def test_features_times_shingle_is_bounded() -> None:
    (found,) = problems(
        "detectors: {d: {input: {topic: t, features: [a, b, c, d, e]}, shingle_size: 1000}}"
    )
    assert found == (
        "detectors.d.input.features must be such that features x shingle_size <= 4096, got 5."
    )


def test_a_token_is_needed_beyond_loopback() -> None:
    detectors = "detectors: {d: {input: {topic: t, features: [x]}}}"
    (found,) = problems("api: {host: 0.0.0.0}\n" + detectors)
    assert found == (
        "api.token must be set when the host is not a loopback address (it is 0.0.0.0), got null."
    )
    assert loads("api: {host: 0.0.0.0, token: t}\n" + detectors).api.host == "0.0.0.0"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "The file must hold a mapping of settings."),
        ("- a", "The file must hold a mapping of settings."),
        ("a: [", "The file must be YAML: while parsing a flow node"),
        ("a: 1\na: 2", "The file must be YAML: the key 'a' stands twice in"),
        ("{}", NO_TASK),
        ("detectors: {}\nrecommenders: {}", NO_TASK),
        ("? [a]\n: 1", "The file must be YAML: while constructing a mapping"),
        ("5: x", "A setting of the configuration must be one of 'broker', "),
        (
            "api: {5: x}",
            "A setting of api must be one of 'host', 'port', 'token', 'follow', 'writes', got '5'.",
        ),
        ("detectors: {5: x}", "detectors.5 must be text, got 5."),
    ],
)
def test_a_file_of_another_shape(text: str, sentence: str) -> None:
    assert any(found.startswith(sentence) for found in problems(text))


def test_secrets_never_show() -> None:
    found = problems(
        "broker: kafka://me:hunter2@\napi: {token: [hunter2], tken: hunter2}\ndetectors: {}"
    )
    assert len(found) == 4
    assert "hunter2" not in " ".join(found)


@pytest.mark.parametrize(
    ("second", "problem"),
    [
        ("{input: {topic: t, features: [x]}}", "b.output.topic must differ from detectors.a.outpu"),
        (
            "{input: {topic: t, features: [x], retention: 1s}, output: {topic: o}}",
            "b.input.retention must be that of detectors.a.input, which shares the topic 't', "
            "got 1000 ms and null.",
        ),
        (
            "{input: {topic: u, features: [x], partitions: 2}, dead_letters: {topic: t.dlq}}",
            "b.input.partitions must be 1, as detectors.a.dead_letters shares the topic",
        ),
        (
            "{input: {topic: u, features: [x], partitions: 2}, alerts: {topic: t.alerts}}",
            "b.input.partitions must be 1, as detectors.a.alerts shares the topic",
        ),
        ("{input: {topic: t.dlq, features: [x]}}", "b.input.topic must differ from detectors.a.d"),
    ],
)
def test_what_detectors_may_not_share(second: str, problem: str) -> None:
    text = f"detectors: {{a: {{input: {{topic: t, features: [x]}}}}, b: {second}}}"
    (found,) = problems(text)
    assert found.startswith(f"detectors.{problem}")


def test_detectors_may_share_an_input_and_read_each_other() -> None:
    loads(
        """
        detectors:
          a: {input: {topic: t, features: [x]}}
          b: {input: {topic: t, features: [y]}, output: {topic: o}}
          c: {input: {topic: o, features: [score]}}
        """
    )


_JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)
_PLACES = [
    [],
    ["broker"],
    ["api"],
    ["api", "token"],
    ["api", "token_file"],
    ["worker"],
    ["worker", "batch_size"],
    ["detectors"],
    ["detectors", "d"],
    ["detectors", "d", "input"],
    *(
        ["detectors", "d", "input", name]
        for name in ("topic", "partitions", "key", "timestamp", "features", "missing", "retention")
    ),
    *(
        ["detectors", "d", name]
        for name in ("output", "alerts", "dead_letters", "snapshots", "forest")
    ),
    ["detectors", "d", "forest", "seed"],
    ["detectors", "d", "decision"],
    ["detectors", "d", "shingle_size"],
]


@given(place=st.sampled_from(_PLACES), junk=_JUNK)
def test_anything_anywhere_is_settings_or_sentences(place: list[str], junk: object) -> None:
    root: dict[str, object] = {
        "raw": {
            "api": {},
            "worker": {},
            "detectors": {
                "d": {"input": {"topic": "t", "features": ["x"]}, "forest": {}, "decision": {}}
            },
        }
    }
    node: dict[str, object] = root
    for name in ("raw", *place)[:-1]:
        node = node[name]  # type: ignore[assignment]  # every inner place is a mapping
    node[("raw", *place)[-1]] = junk
    problems = []
    try:
        loads(yaml.safe_dump(root["raw"]), environment={})
    except ConfigError as error:
        problems = error.problems or ["no problem was named"]
    assert all(problem.endswith(".") for problem in problems)
