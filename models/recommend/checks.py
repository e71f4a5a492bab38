"""What interactions must be: they come from outside, and models divide by what they bring."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from models.errors import InvalidParameter
from models.recommend.records import Interaction

LONGEST_NAME = 1_024
HEAVIEST = 1e6


def check_name(field: str, owner: str, name: str) -> None:
    """Raises InvalidParameter for an id that is empty, too long, or not Unicode."""
    if not _sound(name):
        rule = f"Unicode, 1 to {LONGEST_NAME} characters long"
        raise InvalidParameter(field, owner, rule, name[:LONGEST_NAME])


def check_interactions(interactions: Sequence[Interaction], n_kinds: int) -> None:
    """Raises InvalidParameter for the first interaction that breaks a rule."""
    for user, item, kind, weight, time in interactions:
        sound = 0 <= kind < n_kinds and 0.0 <= weight <= HEAVIEST and isfinite(time)
        if sound and _sound(user) and _sound(item):
            continue
        _refuse(Interaction(user, item, kind, weight, time), n_kinds)


def is_unicode(text: str) -> bool:
    """Whether the text can be saved: half a surrogate pair cannot."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _sound(name: str) -> bool:
    return 0 < len(name) <= LONGEST_NAME and is_unicode(name)


def _refuse(interaction: Interaction, n_kinds: int) -> None:
    owner = "an interaction"
    check_name("user", owner, interaction.user)
    check_name("item", owner, interaction.item)
    if not 0 <= interaction.kind < n_kinds:
        raise InvalidParameter("kind", owner, f"from 0 to {n_kinds - 1}", interaction.kind)
    if not 0.0 <= interaction.weight <= HEAVIEST:
        raise InvalidParameter("weight", owner, f"from 0 to {HEAVIEST:g}", interaction.weight)
    raise InvalidParameter("time", owner, "finite", interaction.time)
