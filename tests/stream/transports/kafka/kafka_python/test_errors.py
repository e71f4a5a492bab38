"""What kafka-python's errors mean to us."""

from __future__ import annotations

import pytest
from kafka import errors

from stream.errors import FencedError, TransportError, UnknownTopic
from stream.transports.kafka.client import Unavailable
from stream.transports.kafka.kafka_python.errors import translated, translating


@pytest.mark.parametrize(
    ("error", "ours"),
    [
        (errors.CommitFailedError("late"), FencedError),
        (errors.IllegalGenerationError(), FencedError),
        (errors.UnknownMemberIdError(), FencedError),
        (errors.FencedInstanceIdError(), FencedError),
        (errors.ProducerFencedError(), FencedError),
        (errors.InvalidProducerEpochError(), FencedError),
        (errors.InvalidTxnStateError(), FencedError),
        (errors.KafkaTimeoutError(), Unavailable),
        (errors.KafkaConnectionError(), Unavailable),
        (errors.NodeNotReadyError(), Unavailable),
        (errors.NotCoordinatorError(), Unavailable),
        (errors.CoordinatorLoadInProgressError(), Unavailable),
        (errors.LeaderNotAvailableError(), Unavailable),
        (errors.NotLeaderForPartitionError(), Unavailable),
        (errors.UnstableOffsetCommitError(), Unavailable),
        (errors.NotEnoughReplicasError(), Unavailable),
        (ConnectionResetError(), Unavailable),
        # Passing faults by kafka-python's classes, but not to those who ask for one topic.
        (errors.UnknownTopicOrPartitionError(), UnknownTopic),
        (errors.TopicAuthorizationFailedError(), TransportError),
        (errors.SaslAuthenticationFailedError(), TransportError),
        (errors.MessageSizeTooLargeError(), TransportError),
    ],
)
def test_every_error_has_one_meaning(error: Exception, ours: type[Exception]) -> None:
    assert type(translated(error)) is ours
    with pytest.raises(ours) as raised, translating():
        raise error
    assert raised.value.__cause__ is error


def test_a_request_without_an_answer_may_be_repeated() -> None:
    timeout = errors.KafkaError(
        "Could not execute transactional request for unknown reasons: KafkaTimeoutError"
    )
    assert isinstance(translated(timeout), Unavailable)


def test_other_errors_pass() -> None:
    with pytest.raises(ValueError, match="mine"), translating():
        raise ValueError("mine")


def test_who_was_replaced_is_told_which_setting_it_is():
    told = translated(errors.FencedInstanceIdError())
    assert isinstance(told, FencedError)
    assert "(worker.member)" in str(told)
