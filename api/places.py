"""Places in a log, as they are asked for and answered."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from models.errors import InvalidParameter
from stream.live.states import LONGEST_WAIT, Place
from stream.runtime.partition import OwnedPartition

PLACE = r"^[0-9]{1,9}:[0-9]{1,18}$"

AfterText = Annotated[
    str | None,
    Field(
        pattern=PLACE,
        description="A record of the topic that is read, which the state must hold: partition and offset.",
        examples=["0:1267"],
    ),
]
Wait = Annotated[
    float,
    Field(ge=0, le=LONGEST_WAIT, description="Most seconds to wait for that record."),
]


class Fresh(BaseModel):
    """How new a live state must be."""

    after: AfterText = None
    wait: Wait = 5.0

    def place(self) -> Place | None:
        """The record that the state must hold, if one was named."""
        if self.after is None:
            return None
        partition, offset = map(int, self.after.split(":"))
        return Place(partition, offset)

    def offset(self) -> int | None:
        """The same in a log of one partition. Raises InvalidParameter."""
        place = self.place()
        if place is None:
            return None
        if place.partition:
            rule = "in partition 0: this state is that of one partition"
            raise InvalidParameter("after", "the request", rule, self.after)
        return place.offset


class FreshParameters(Fresh):
    """How new a live state must be, where nothing else is asked for."""

    model_config = ConfigDict(extra="forbid")


def as_of(owned: OwnedPartition) -> dict[str, str | int]:
    """Which records a state holds."""
    return {"topic": owned.tp.topic, "partition": owned.tp.partition, "offset": owned.offset}
