"""Labels, as documents have them: classes, or numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Literal

from stream.codec.decoder import LARGEST
from stream.codec.envelope import Rejected
from stream.codec.json_text import shown
from stream.codec.keys import scalar_text
from stream.codec.reasons import RejectReason

Label = bool | int | str
"""A class."""
LabelReader = Callable[[Any], Label | float | Rejected]
"""From what stands in the place of a label, which is not null, to the label, or why it is none."""


def label_reader(
    task: Literal["classification", "regression"], classes: Sequence[Label] | None = None
) -> LabelReader:
    """How a predictor reads its labels. classes: those that there are; None: any."""
    if task == "regression":
        return _number
    if classes is None:
        return _class
    known = [(type(one), one) for one in classes]

    def read(raw: Any) -> Label | Rejected:  # noqa: ANN401 - any value of a document
        label = _class(raw)
        # In Python, true is 1.
        if isinstance(label, Rejected) or (type(label), label) in known:
            return label
        names = ", ".join(map(shown, classes))
        return _bad(f"The label must be one of {names}, got {shown(raw)}.")

    return read


def _number(raw: Any) -> float | Rejected:  # noqa: ANN401 - any value of a document
    is_number = isinstance(raw, int | float | Decimal) and not isinstance(raw, bool)
    if not is_number or not -LARGEST <= raw <= LARGEST:
        return _bad(f"The label must be a number within -1e150 and 1e150, got {shown(raw)}.")
    return float(raw)


def _class(raw: Any) -> Label | Rejected:  # noqa: ANN401 - any value of a document
    if type(raw) is bool:
        return raw
    if type(raw) is float and raw.is_integer() and abs(raw) < 2**53:
        return int(raw)
    if type(raw) is int and abs(raw) < 2**63:
        return raw
    text = scalar_text(raw) if not isinstance(raw, int | float) else None
    if text:
        return text
    return _bad(f"The label must be text, a whole number or a boolean, got {shown(raw)}.")


def _bad(detail: str) -> Rejected:
    return Rejected(RejectReason.BAD_LABEL, detail)
