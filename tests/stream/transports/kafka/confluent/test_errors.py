from __future__ import annotations

import logging
from collections.abc import Callable

import pytest
from confluent_kafka import KafkaError, KafkaException
from structlog.testing import capture_logs

from stream.errors import FencedError, TransportError, UnknownTopic
from stream.transports.kafka.client import Unavailable
from stream.transports.kafka.confluent import events as module
from stream.transports.kafka.confluent.errors import translated
from stream.transports.kafka.confluent.events import Events


def nothing() -> None:
    """No callback is pending."""


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (KafkaError.UNKNOWN_TOPIC_OR_PART, UnknownTopic),
        (KafkaError._UNKNOWN_TOPIC, UnknownTopic),
        (KafkaError.ILLEGAL_GENERATION, FencedError),
        (KafkaError.PRODUCER_FENCED, FencedError),
        (KafkaError._FENCED, FencedError),
        (KafkaError.FENCED_INSTANCE_ID, FencedError),
        (KafkaError._TIMED_OUT, Unavailable),
        (KafkaError._ALL_BROKERS_DOWN, Unavailable),
        (KafkaError.COORDINATOR_LOAD_IN_PROGRESS, Unavailable),
        (KafkaError.UNSTABLE_OFFSET_COMMIT, Unavailable),
        (KafkaError.TOPIC_AUTHORIZATION_FAILED, TransportError),
        (KafkaError.MSG_SIZE_TOO_LARGE, TransportError),
    ],
)
def test_every_error_has_its_kind(code: int, kind: type[Exception]) -> None:
    error = translated(KafkaError(code, "said so"))
    assert type(error) is kind
    assert "said so" in str(error)


def test_what_the_library_calls_retriable_is_retried() -> None:
    error = KafkaError(KafkaError.INVALID_MSG, "said so", retriable=True)
    assert type(translated(error)) is Unavailable


def told(events: Events) -> Callable[[KafkaError], None]:
    callback: Callable[[KafkaError], None] = events.settings()["error_cb"]
    return callback


def test_a_timeout_tells_what_went_wrong_before() -> None:
    events = Events()
    told(events)(KafkaError(KafkaError._TRANSPORT, "Connection refused"))
    with (
        pytest.raises(Unavailable, match=r"no answer \(Connection refused\)"),
        events.translating(nothing),
    ):
        raise KafkaException(KafkaError(KafkaError._TIMED_OUT, "no answer"))


def test_a_refused_identity_is_told_once_and_instead_of_a_timeout() -> None:
    events = Events()
    told(events)(KafkaError(KafkaError._AUTHENTICATION, "wrong password"))
    with (
        pytest.raises(TransportError, match="must accept the client's identity, got wrong pass"),
        events.translating(nothing),
    ):
        raise KafkaException(KafkaError(KafkaError._TIMED_OUT, "no answer"))
    events.check()


def test_a_fatal_error_stays() -> None:
    events = Events()
    told(events)(KafkaError(KafkaError.FENCED_INSTANCE_ID, "replaced", fatal=True))
    for _ in range(2):
        with pytest.raises(FencedError, match="replaced"):
            events.check()


def test_log_lines_of_a_kind_are_told_once_in_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(module, "monotonic", lambda: now[0])
    logger = Events().settings()["logger"]
    with capture_logs() as lines:
        for second in (0.0, 1.0, module.QUIET_SECONDS + 1.0):
            now[0] = 100.0 + second
            logger.log(logging.ERROR, "FAIL [%s] %s", "producer-1", f"refused at {second}")
        logger.log(logging.ERROR, "TXNERR 100% sure")
    assert [line["said"] for line in lines] == [
        "FAIL [producer-1] refused at 0.0",
        "FAIL [producer-1] refused at 11.0",
        "TXNERR 100% sure",
    ]
    assert {line["log_level"] for line in lines} == {"warning"}


def test_who_was_replaced_is_told_which_setting_it_is():
    told = translated(KafkaError(KafkaError.FENCED_INSTANCE_ID))
    assert isinstance(told, FencedError)
    assert "(worker.member)" in str(told)
