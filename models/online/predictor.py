"""One entity's models: they predict at once, and learn when the label comes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from models.errors import InvalidParameter
from models.online.config import PredictorConfig
from models.online.contender import Contender
from models.online.envelope import seal, unseal
from models.online.intake import Intake
from models.online.pending import Pending
from models.online.records import Answer, Drift, Label, Learned, Prediction, Target

KIND = "predictor"


class Predictor:
    """A deterministic function of its calls, in their order. Not thread-safe."""

    def __init__(self, config: PredictorConfig) -> None:
        """Raises InvalidParameter for models that cannot be built."""
        self.config = config
        self.champion = config.first_champion
        self._contenders = {name: Contender(name, config) for name in config.models}
        self._intake = Intake(config)
        self._pending = Pending(config.max_pending)
        self._binary: bool | None = None if config.labels is None else len(config.labels) == 2
        self._counts = dict.fromkeys(
            ("predicted", "skipped", "labelled", "unknown", "expired", "crowded_out"), 0
        )

    def predict_one(self, event_id: str, x: Mapping[str, Any], time: float) -> Prediction:
        """Every model's answer to an event, which then waits for its label.

        x: feature -> number, text or boolean; None and NaN are missing. time: event time, seconds since the epoch.
        An event that waits already is answered again, and waits with its new features.

        Raises InvalidParameter for a feature that is none of these, and then changes nothing.
        """
        given, missing = self._intake.take(x)
        self.expire(time)
        if given is None:
            self._counts["skipped"] += 1
            return Prediction(event_id, time, self.champion, {}, missing)
        answers = {name: self._named(c.answer(given)) for name, c in self._contenders.items()}
        prediction = Prediction(event_id, time, self.champion, answers, missing)
        crowded = self._pending.put(given, prediction, time + self.config.deadline)
        self._counts["crowded_out"] += crowded
        self._counts["predicted"] += 1
        return prediction

    def foresee(self, x: Mapping[str, Any], time: float) -> Prediction:
        """What `predict_one` would answer now; changes nothing, and nothing is remembered. Its event id is empty.

        It asks copies, because some of River's models grow or draw random numbers when they are asked.
        """
        return self.load(self.config, self.dump()).predict_one("", x, time)

    def learn_one(self, event_id: str, y: Target, time: float) -> Learned | None:
        """Learn an event's label; None where no such event waits (unknown, labelled already, or past its deadline).

        Raises InvalidParameter for a label that the task cannot have, and then changes nothing.
        """
        label = self._label(y)
        self.expire(time)
        waited = self._pending.take(event_id)
        if waited is None:
            self._counts["unknown"] += 1
            return None
        self._counts["labelled"] += 1
        errors: dict[str, float] = {}
        drifts: list[Drift] = []
        said = waited.prediction
        for name, contender in self._contenders.items():
            answer = self._unnamed(said.answers.get(name))
            error, found = contender.learn(waited.x, label, answer, bool(self._binary))
            drifts += found
            if error is not None:
                errors[name] = error
        return Learned(event_id, y, said, time - said.time, errors, tuple(drifts))

    def expire(self, time: float) -> int:
        """Forget the events whose deadline is before `time`; returns how many."""
        count = self._pending.expire(time)
        self._counts["expired"] += count
        return count

    def promote(self, model: str) -> None:
        """Make another model the champion. Raises InvalidParameter where there is none of that name."""
        if model not in self._contenders:
            rule = f"one of {', '.join(self._contenders)}"
            raise InvalidParameter("champion", "the predictor", rule, model)
        self.champion = model

    def measures(self) -> dict[str, dict[str, Any]]:
        """Model -> its role, its counts, and its measures in total and over the newest labels."""
        return {
            name: {
                "role": "champion" if name == self.champion else "challenger",
                **contender.counts,
                **contender.measures.get(),
            }
            for name, contender in self._contenders.items()
        }

    def counts(self) -> dict[str, int]:
        """What became of events: predicted, skipped, labelled, unknown, expired, crowded_out, and now pending."""
        return {**self._counts, "pending": len(self._pending)}

    def dump(self) -> bytes:
        """Everything, as versioned, checksummed bytes."""
        contenders = {name: contender.state() for name, contender in self._contenders.items()}
        content = [self.champion, self._binary, self._counts, contenders]
        return seal(
            KIND,
            signature(self.config),
            [*content, self._intake.state(), self._pending.state()],
        )

    @classmethod
    def load(cls, config: PredictorConfig, state: bytes) -> Predictor:
        """What was dumped. Raises CorruptState, or IncompatibleState where it is of another configuration."""
        self = cls(config)
        content = unseal(state, KIND, signature(config))
        champion, self._binary, self._counts, contenders, intake, pending = content
        for name, held in contenders.items():
            self._contenders[name].restore(held)
        self._intake.restore(intake)
        self._pending.restore(pending)
        self.champion = champion
        return self

    def _label(self, y: Target) -> Target:
        """The label as models have it. Raises InvalidParameter."""
        if self.config.task == "regression":
            if isinstance(y, bool) or not isinstance(y, int | float) or not math.isfinite(y):
                raise InvalidParameter("label", "the event", "a finite number", y)
            return float(y)
        known = self.config.labels
        if known is not None:
            place = next((i for i, label in enumerate(known) if _same(label, y)), None)
            if place is None:
                names = ", ".join(map(repr, known))
                raise InvalidParameter("label", "the event", f"one of {names}", y)
            return bool(place) if len(known) == 2 else y
        if not isinstance(y, bool | int | str):
            raise InvalidParameter(
                "label", "the event", "true or false, a whole number or a text", y
            )
        return self._kind(y)

    def _kind(self, y: Label) -> Label:
        """The label, of the kind that the first one had: binary, or one of many."""
        binary = isinstance(y, bool)
        if self._binary is None:
            plain = [n for n, c in self._contenders.items() if not binary and not c.multiclass]
            if plain:
                rule = f"true or false, as the model {plain[0]!r} knows two classes only"
                raise InvalidParameter("label", "the event", rule, y)
            self._binary = binary
        if self._binary != binary:
            rule = "true or false" if self._binary else "a whole number or a text"
            raise InvalidParameter("label", "the event", f"{rule}, as those before", y)
        return y

    def _named(self, answer: Answer) -> Answer:
        """An answer in the configured classes: with two of them, models know False and True."""
        labels = self.config.labels
        if labels is None or len(labels) != 2:
            return answer
        return _renamed(answer, {False: labels[0], True: labels[1]})

    def _unnamed(self, answer: Answer | None) -> Answer | None:
        labels = self.config.labels
        if answer is None or labels is None or len(labels) != 2:
            return answer
        return _renamed(answer, {labels[0]: False, labels[1]: True})


def signature(config: PredictorConfig) -> dict[str, Any]:
    """The parameters that a saved state depends on."""
    return {
        "task": config.task,
        "models": {name: repr(steps) for name, steps in config.models.items()},
        "features": list(config.features),
        "missing": config.missing,
        "labels": None if config.labels is None else list(config.labels),
        "window": config.window,
        "drift": str(config.drift),
        "seed": config.seed,
    }


def _same(label: Label, other: object) -> bool:
    """Equal and of one type: True is not 1."""
    return type(label) is type(other) and label == other


def _renamed(answer: Answer, names: Mapping[Any, Label]) -> Answer:
    found = answer.probabilities
    renamed = None if found is None else {names.get(k, k): p for k, p in found.items()}
    value = answer.value
    return answer._replace(value=names.get(value, value), probabilities=renamed)
