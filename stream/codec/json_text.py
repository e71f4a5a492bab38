"""JSON bytes to Python values, and values to short text for people."""

from __future__ import annotations

import json
import re
from typing import NamedTuple

import msgspec

from stream.codec.reasons import RejectReason

DEEPEST = 100
"""Levels of nesting. Decoders recurse, so without a limit the caller's own depth would decide."""

_decode = msgspec.json.Decoder().decode
_STRING = re.compile(rb'"(?:\\.|[^"\\])*"', re.DOTALL)
_BRACKETS = re.compile(rb"[\[\]{}]")
_LONGEST = 100


class Undecodable(NamedTuple):
    """What stands where a decoded value would, with the reason in one sentence."""

    detail: str
    reason: RejectReason = RejectReason.UNDECODABLE


def decode_json(data: bytes) -> object:
    """The decoded value, or Undecodable. Never raises.

    Accepts what many producers write although JSON lacks it: NaN, Infinity and numbers that
    overflow to infinity.
    """
    if data.count(b"[") + data.count(b"{") > DEEPEST and _depth(data) > DEEPEST:
        return Undecodable(f"The value is nested more than {DEEPEST} levels deep.")
    try:
        return _decode(data)
    except (msgspec.MsgspecError, ValueError) as error:
        return _decode_leniently(data, error)


def shown(value: object) -> str:
    """A value of a document as JSON text of at most about 100 characters."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "an array"
    if isinstance(value, int) and abs(value) >= 10**30:
        # Python refuses to print integers of more than 4,300 digits.
        return f"an integer of {value.bit_length()} bits"
    text = json.dumps(value, default=str)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "..."


def _decode_leniently(data: bytes, error: Exception) -> object:
    try:
        return json.loads(data.decode())
    except ValueError:
        return Undecodable(f"The value is not JSON: {error}.")


def _depth(data: bytes) -> int:
    deepest = level = 0
    for bracket in _BRACKETS.findall(_STRING.sub(b"", data)):
        level += 1 if bracket in b"[{" else -1
        deepest = max(deepest, level)
    return deepest
