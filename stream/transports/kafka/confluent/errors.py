"""The library's errors as ours."""

from __future__ import annotations

from confluent_kafka import KafkaError, KafkaException

from stream.errors import FencedError, TransportError, UnknownTopic
from stream.transports.kafka.client import REPLACED, Unavailable

UNKNOWN_TOPIC = frozenset(
    {
        KafkaError.UNKNOWN_TOPIC_OR_PART,
        KafkaError.UNKNOWN_TOPIC_ID,
        KafkaError.TOPIC_EXCEPTION,
        KafkaError._UNKNOWN_TOPIC,
        KafkaError._UNKNOWN_PARTITION,
    }
)
# The last ones: the brokers have ended the transaction, so nothing of it is visible, and its member
# has to find out by the committed offsets what is true.
FENCED = frozenset(
    {
        KafkaError.ILLEGAL_GENERATION,
        KafkaError.UNKNOWN_MEMBER_ID,
        KafkaError.FENCED_INSTANCE_ID,
        KafkaError.REBALANCE_IN_PROGRESS,
        KafkaError.PRODUCER_FENCED,
        KafkaError._FENCED,
        KafkaError.INVALID_PRODUCER_EPOCH,
        KafkaError.INVALID_PRODUCER_ID_MAPPING,
        KafkaError.INVALID_TXN_STATE,
        KafkaError.UNKNOWN_PRODUCER_ID,
        KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER,
        KafkaError.TRANSACTION_ABORTABLE,
        KafkaError._GAPLESS_GUARANTEE,
    }
)
# Those that the library itself does not call retriable.
PASSING = frozenset(
    {
        KafkaError._TIMED_OUT,
        KafkaError._TIMED_OUT_QUEUE,
        KafkaError._MSG_TIMED_OUT,
        KafkaError._TRANSPORT,
        KafkaError._ALL_BROKERS_DOWN,
        KafkaError._RESOLVE,
        KafkaError._SSL,
        KafkaError._WAIT_COORD,
        KafkaError._WAIT_CACHE,
        # "No leaders found", while they are being elected.
        KafkaError._NOENT,
        KafkaError._RETRY,
        KafkaError._PREV_IN_PROGRESS,
        KafkaError._IN_PROGRESS,
        KafkaError._PURGE_QUEUE,
        KafkaError._PURGE_INFLIGHT,
        KafkaError.BROKER_NOT_AVAILABLE,
        KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
        KafkaError.COORDINATOR_NOT_AVAILABLE,
        KafkaError.CONCURRENT_TRANSACTIONS,
        KafkaError.FENCED_LEADER_EPOCH,
        KafkaError.KAFKA_STORAGE_ERROR,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.LISTENER_NOT_FOUND,
        KafkaError.NETWORK_EXCEPTION,
        KafkaError.NOT_CONTROLLER,
        KafkaError.NOT_COORDINATOR,
        KafkaError.NOT_ENOUGH_REPLICAS,
        KafkaError.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.OFFSET_NOT_AVAILABLE,
        KafkaError.REQUEST_TIMED_OUT,
        KafkaError.UNKNOWN_LEADER_EPOCH,
        KafkaError.UNSTABLE_OFFSET_COMMIT,
    }
)


def kafka_error(exception: KafkaException) -> KafkaError:
    """What an exception of the library is about."""
    error = exception.args[0]
    return error if isinstance(error, KafkaError) else KafkaError(KafkaError.UNKNOWN, str(error))


def translated(error: KafkaError) -> Exception:
    """What to raise for an error of librdkafka."""
    code, text = error.code(), error.str()
    if code in UNKNOWN_TOPIC:
        return UnknownTopic(f"The topic must exist, got {text}.")
    if code == KafkaError.FENCED_INSTANCE_ID:
        return FencedError(f"{REPLACED}{text}.")
    if code in FENCED:
        return FencedError(f"The brokers no longer accept this member's transaction: {text}.")
    if code in PASSING or error.retriable():
        return Unavailable(text)
    return TransportError(f"Kafka refused: {text}.")
