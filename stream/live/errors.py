"""Why a live state cannot be asked.

models.errors.CutstreamError
└── LiveStateError
    ├── UnknownEntity      no state is held for the entity
    ├── StateRestoring     the state is being rebuilt: ask again soon
    ├── OffsetNotReached   the state does not hold the record that it must hold, yet
    └── HeldElsewhere      this process does not hold the state, and will not
"""

from __future__ import annotations

from models.errors import CutstreamError


class LiveStateError(CutstreamError):
    """A live state cannot be asked."""


class UnknownEntity(LiveStateError):
    """No state is held for the entity."""


class StateRestoring(LiveStateError):
    """The state is being rebuilt, or too many wait for it: ask again soon."""


class OffsetNotReached(LiveStateError):
    """The state does not hold the record that it must hold, yet."""


class HeldElsewhere(LiveStateError):
    """This process does not hold the state, and will not."""
