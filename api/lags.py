"""How far readers are, as it is answered."""

from __future__ import annotations

from api.schemas.detectors import Lag, PartitionLag
from stream.query import partition_lags
from stream.transports.protocol import Transport


def lag_of(transport: Transport, topic: str, group: str) -> Lag:
    """The lag of a group in a topic, by partition. Raises TransportError."""
    lags = partition_lags(transport, topic, group)
    return Lag(
        total=sum(lag.lag for lag in lags),
        partitions=[PartitionLag(**lag._asdict()) for lag in lags],
    )
