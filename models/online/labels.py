"""Classes as the stream names them, and as models know them.

Models know False and True where there are two classes by their nature or by configuration, else 0, 1, 2... River keeps
classes in sets: those of numbers have the same order in every process, those of texts do not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.errors import InvalidParameter
from models.online.records import Answer, Label, Target

MOST = 1_000
"""Classes beyond this number are refused: labels are no identifiers."""


class Labels:
    """The classes of one predictor: as configured, or as they come."""

    def __init__(self, configured: tuple[Label, ...] | None) -> None:
        self._configured = configured is not None
        self._names: list[Label] = list(configured or ())
        self.binary: bool | None = len(self._names) == 2 if configured else None
        """None until the first label says."""
        self._number()

    def check(self, label: object, only_two: str | None) -> None:
        """Raise InvalidParameter where it is none of the classes, and cannot become one.

        only_two: name of a model that knows two classes only, if there is one.
        """
        if not isinstance(label, bool | int | str):
            rule = "true or false, a whole number or a text"
            raise InvalidParameter("label", "the event", rule, label)
        if self._configured:
            if self._place(label) is None:
                names = ", ".join(map(repr, self._names))
                raise InvalidParameter("label", "the event", f"one of {names}", label)
            return
        binary = isinstance(label, bool)
        if self.binary is not None and self.binary != binary:
            rule = "true or false" if self.binary else "a whole number or a text"
            raise InvalidParameter("label", "the event", f"{rule}, as those before", label)
        if not binary and only_two is not None:
            rule = f"true or false where `classes` names no two, as the model {only_two!r} knows no more"
            raise InvalidParameter("label", "the event", rule, label)
        if not binary and self._place(label) is None and len(self._names) >= MOST:
            raise InvalidParameter("label", "the event", f"one of at most {MOST} classes", label)

    def known(self, label: Target) -> Target:
        """As models know it; a new one becomes known."""
        if self.binary is None:
            self.binary = isinstance(label, bool)
            self._names = [False, True] if self.binary else []
            self._number()
        place = self._place(label)
        if place is None:
            self._names.append(label)
            self._number()
            place = len(self._names) - 1
        return bool(place) if self.binary else place

    def name(self, target: Target) -> Label:
        """As the stream names it."""
        if self.binary is None:
            # Before the first label, models can only know what they assume: False and True.
            return bool(target)
        return self._names[int(target)]

    def named(self, answer: Answer) -> Answer:
        """A model's answer, with the stream's names."""
        if answer.value is None:
            return answer._replace(probabilities=None)
        found = answer.probabilities
        named = None if found is None else {self.name(t): p for t, p in found.items()}
        return answer._replace(value=self.name(answer.value), probabilities=named)

    def unnamed(self, answer: Answer) -> Answer:
        """The same, as the model gave it."""
        if answer.value is None:
            return answer
        found = answer.probabilities
        targets = None if found is None else {self.known(name): p for name, p in found.items()}
        return answer._replace(value=self.known(answer.value), probabilities=targets)

    def targets(self) -> Mapping[Any, Target]:
        """Name -> as models know it, of the configured classes."""
        return {name: self.known(name) for name in self._names} if self._configured else {}

    def state(self) -> list[Any]:
        """Everything, as plain values."""
        return [self._names, self.binary]

    def restore(self, state: list[Any]) -> None:
        """Take the place of all that is here."""
        self._names, self.binary = state
        self._number()

    def _number(self) -> None:
        self._places: dict[tuple[type, Label], int] = {
            (type(name), name): i for i, name in enumerate(self._names)
        }

    def _place(self, label: Label) -> int | None:
        """Of equal labels, True is not 1."""
        return self._places.get((type(label), label))
