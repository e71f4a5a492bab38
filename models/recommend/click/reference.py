"""River's factorisation machine behind the same verbs: the reference for ours, and enough for small streams."""

from __future__ import annotations

from math import isfinite

from river import facto, optim

from models.errors import InvalidParameter
from models.online.envelope import seal, unseal
from models.recommend.click.features import Features

KIND = "click reference"


class RiverMachine:
    """River's FMClassifier, guarded: whole numbers become text, since as amounts they drive it to NaN; features that
    were never learned are left out of a question, since River would add them to its state."""

    def __init__(self, n_factors: int = 10, learning_rate: float = 0.05, seed: int = 42) -> None:
        self._river = facto.FMClassifier(
            n_factors=n_factors,
            weight_optimizer=optim.SGD(learning_rate),
            latent_optimizer=optim.SGD(learning_rate),
            clip_gradient=10.0,
            seed=seed,
        )

    def learn_one(self, x: Features, y: bool) -> None:
        """Learn one example. Raises InvalidParameter for an amount that is not finite."""
        self._river.learn_one(_guarded(x), y)

    def predict_proba_one(self, x: Features) -> dict[bool, float]:
        """The probability of a click, and of none; changes nothing."""
        guarded = _guarded(x)
        known = {
            name: value
            for name, value in guarded.items()
            if (f"{name}_{value}" if isinstance(value, str) else name) in self._river.latents
        }
        answer = self._river.predict_proba_one(known)
        return {False: float(answer[False]), True: float(answer[True])}

    def dump(self) -> bytes:
        """The state as versioned, checksummed bytes."""
        return seal(KIND, {}, self._river)

    @classmethod
    def load(cls, data: bytes) -> RiverMachine:
        """From dumped bytes. Raises CorruptState or IncompatibleState."""
        made = cls()
        made._river = unseal(data, KIND, {})
        return made


def _guarded(x: Features) -> dict[str, str | float]:
    for name, value in x.items():
        if isinstance(value, float) and not isfinite(value):
            raise InvalidParameter(name, "an example", "finite", value)
    return {name: value if isinstance(value, float) else str(value) for name, value in x.items()}
