"""The library's errors as ours."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from kafka import errors

from stream.errors import FencedError, TransportError, UnknownTopic
from stream.transports.kafka.client import REPLACED, Unavailable

UNKNOWN_TOPIC = (
    errors.UnknownTopicOrPartitionError,
    errors.UnknownTopicIdError,
    errors.InvalidTopicError,
)
# The last ones: the brokers have ended the transaction, so nothing of it is visible, and its member
# has to find out by the committed offsets what is true.
FENCED = (
    errors.CommitFailedError,
    errors.IllegalGenerationError,
    errors.UnknownMemberIdError,
    errors.FencedInstanceIdError,
    errors.RebalanceInProgressError,
    errors.ProducerFencedError,
    errors.InvalidProducerEpochError,
    errors.InvalidProducerIdMappingError,
    errors.InvalidTxnStateError,
    errors.UnknownProducerIdError,
    errors.OutOfOrderSequenceNumberError,
    errors.TransactionAbortableError,
    errors.TransactionAbortedError,
)
PASSING = (
    errors.RetriableError,
    errors.BrokerNotAvailableError,
    # A broker that the newest metadata, of a cluster that is going away, no longer names.
    errors.UnknownBrokerIdError,
    # A connection that broke while versions were being negotiated.
    errors.UnrecognizedBrokerVersion,
    OSError,
)

UNANSWERED = "Could not execute transactional request"
"""How the library puts a request of a transaction that got no answer in time."""


def translated(error: Exception) -> Exception:
    """What to raise instead of an error of kafka-python."""
    text = str(error) or type(error).__name__
    if isinstance(error, UNKNOWN_TOPIC):
        return UnknownTopic(f"The topic must exist, got {text}.")
    if isinstance(error, errors.FencedInstanceIdError):
        return FencedError(f"{REPLACED}{text}.")
    if isinstance(error, FENCED):
        return FencedError(f"The brokers no longer accept this member's transaction: {text}.")
    if isinstance(error, PASSING) or UNANSWERED in text:
        return Unavailable(text)
    return TransportError(f"Kafka refused: {text}.")


@contextmanager
def translating() -> Iterator[None]:
    """Raise ours instead of the library's."""
    try:
        yield
    except (errors.KafkaError, OSError) as error:
        raise translated(error) from error
