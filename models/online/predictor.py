"""One entity's models: they predict at once, and learn when the label comes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.errors import CorruptState, IncompatibleState, InvalidParameter
from models.online.config import PredictorConfig
from models.online.contender import Contender
from models.online.envelope import seal, unseal
from models.online.intake import LARGEST, Intake
from models.online.labels import Labels
from models.online.pending import Pending
from models.online.records import Answer, Drift, Learned, Prediction, Target

KIND = "predictor"


class Predictor:
    """A deterministic function of its calls, in their order. Not thread-safe."""

    def __init__(self, config: PredictorConfig) -> None:
        """Raises InvalidParameter for models that cannot be built."""
        self.config = config
        self.champion = config.first_champion
        self._labels = Labels(config.labels)
        self._contenders = {name: Contender(name, config, self._labels) for name in config.models}
        self._intake = Intake(config)
        self._pending = Pending(config.max_pending)
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
        self._check(y)
        self.expire(time)
        waited = self._pending.take(event_id)
        if waited is None:
            self._counts["unknown"] += 1
            return None
        label = float(y) if self.config.task == "regression" else self._labels.known(y)
        self._counts["labelled"] += 1
        errors: dict[str, float] = {}
        drifts: list[Drift] = []
        said = waited.prediction
        for name, contender in self._contenders.items():
            answer = self._unnamed(said.answers.get(name))
            error, found = contender.learn(waited.x, label, answer)
            drifts += found
            if error is not None:
                errors[name] = error
        return Learned(event_id, y, said, time - said.time, errors, tuple(drifts))

    def waits(self, event_id: str, time: float) -> bool:
        """Whether an event of this id waits for its label, as of `time`; those past their deadline are forgotten."""
        self.expire(time)
        return event_id in self._pending

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
                **contender.measured(),
            }
            for name, contender in self._contenders.items()
        }

    def counts(self) -> dict[str, int]:
        """What became of events: predicted, skipped, labelled, unknown, expired, crowded_out, and now pending."""
        return {**self._counts, "pending": len(self._pending)}

    def dump(self) -> bytes:
        """Everything, as versioned, checksummed bytes."""
        contenders = {
            name: [repr(self.config.models[name]), contender.state()]
            for name, contender in self._contenders.items()
        }
        content = [self.champion, self._labels.state(), self._counts, contenders]
        return seal(
            KIND,
            signature(self.config),
            [*content, self._intake.state(), self._pending.state()],
        )

    @classmethod
    def load(cls, config: PredictorConfig, state: bytes) -> Predictor:
        """What was dumped; models that are new in the configuration begin here, and others are left out.

        Raises CorruptState, or IncompatibleState where it is of another configuration.
        """
        self = cls(config)
        content = unseal(state, KIND, signature(config))
        try:
            champion, labels, self._counts, contenders, intake, pending = content
            self._labels.restore(labels)
            for name, (steps, held) in contenders.items():
                if name in self._contenders:
                    self._check_steps(name, steps)
                    self._contenders[name].restore(held)
            self._intake.restore(intake)
            self._pending.restore(pending)
            if champion in self._contenders:
                self.champion = champion
        except (LookupError, ValueError, TypeError, AttributeError) as error:
            raise CorruptState(
                f"The saved state must hold a whole predictor, got {error!r}."
            ) from error
        return self

    def _check_steps(self, name: str, steps: str) -> None:
        """Raises IncompatibleState where the saved model was made of other steps."""
        configured = repr(self.config.models[name])
        if steps != configured:
            raise IncompatibleState(
                f"The model {name!r} of the saved state must be of the steps {configured}, as configured, got {steps}; "
                "other steps need another name."
            )

    def _check(self, y: Target) -> None:
        """Raises InvalidParameter where the task cannot have such a label."""
        if self.config.task == "regression":
            number = isinstance(y, int | float) and not isinstance(y, bool)
            if not number or not abs(y) <= LARGEST:
                rule = f"a finite number, and at most {LARGEST:g} in magnitude"
                raise InvalidParameter("label", "the event", rule, y)
            return
        plain = (name for name, c in self._contenders.items() if not c.multiclass)
        self._labels.check(y, next(plain, None))

    def _named(self, answer: Answer) -> Answer:
        return answer if self.config.task == "regression" else self._labels.named(answer)

    def _unnamed(self, answer: Answer | None) -> Answer | None:
        if answer is None or self.config.task == "regression":
            return answer
        return self._labels.unnamed(answer)


def signature(config: PredictorConfig) -> dict[str, Any]:
    """The parameters that a saved state depends on, but for the models, which it holds one by one."""
    return {
        "task": config.task,
        "features": list(config.features),
        "missing": config.missing,
        "labels": None if config.labels is None else list(config.labels),
        "window": config.window,
        "drift": str(config.drift),
        "seed": config.seed,
    }
