"""The detector told plainly: one key, Python numbers and lists, the formulas as docs/detector.md has them.

Slow and obvious on purpose: the tests compare the detector's kernels with the names of the same meaning here. Only the
forest is the real one, through its arena.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from models.detector import DetectorConfig
from models.forest import ForestArena, ForestConfig
from models.forest.kernels.attribution import attribute
from models.forest.kernels.batch import score_newest
from models.forest.kernels.gains import DISPLACEMENT, INVERSE_DEPTH
from models.forest.kernels.layout import READY
from models.forest.kernels.learn import learn_newest
from models.forest.kernels.neighbours import expected_newest
from models.forest.kernels.store import needs, newest_offset, push_record

SETTLE = 32
WINDOW = 512
NAN = math.nan


def rounded(x: float, bits: int) -> float:
    """x to so many significant bits."""
    mantissa, exponent = math.frexp(x)
    return math.ldexp(round(mantissa * 2**bits) / 2**bits, exponent)


def clamp(x: float, least: float, most: float) -> float:
    return min(max(x, least), most)


@dataclass
class Feature:
    """Mean and variance of one feature, and the centre and scale in force."""

    count: int = 0
    value: float = 0.0
    mean: float = 0.0
    variance: float = 0.0
    centre: float = 0.0
    scale: float = 0.0

    def normalised(self, value: float) -> float:
        if math.isnan(value) or self.scale == 0:
            return 0.0
        return rounded(clamp((value - self.centre) / self.scale, -(2.0**20), 2.0**20), 14)

    def restored(self, z: float) -> float:
        return self.centre + z * self.scale

    def update(self, value: float, decay: float) -> None:
        self.count += 1
        if self.count == 1:
            self.value = self.mean = self.centre = value
            return
        changed = abs(value - self.value) > abs(self.value) * 2.0**-40
        self.value = value if changed else self.value
        rate = max(1 / self.count, decay)
        pull = self.value - self.mean
        if self.count > 8 and self.scale > 0:
            pull = clamp(pull, -4 * self.scale, 4 * self.scale)
        self.mean = self.mean + rate * pull
        self.variance = (1 - rate) * (self.variance + rate * pull * pull)
        if changed:
            self.drag(rate)

    def drag(self, rate: float) -> None:
        deviation = math.sqrt(self.variance)
        if self.count <= SETTLE or self.scale == 0:
            self.scale = 1.5 * deviation
        elif deviation > self.scale:
            self.scale = deviation
        elif 3 * deviation < self.scale:
            self.scale = max(3 * deviation, deviation, (1 - rate) * self.scale)
        self.centre = clamp(self.centre, self.mean - self.scale, self.mean + self.scale)

    def settle(self, values: list[float]) -> None:
        known = sorted(v for v in values if not math.isnan(v))
        if known:
            self.centre = known[(len(known) - 1) // 2]
            self.scale = 1.5 * math.sqrt(self.variance)


@dataclass
class Tail:
    """A generalised Pareto tail: P(score >= start + x) = 0.1 * (1 + shape * x / scale) ** (-1 / shape)."""

    start: float
    scale: float
    shape: float

    def length(self, rate: float) -> float:
        """How many scales above the start the tail probability has fallen to `rate`."""
        ratio = 0.1 / max(rate, 1e-300)
        found = math.log(ratio) if self.shape == 0 else (ratio**self.shape - 1) / self.shape
        return float(f"{found:.9g}")

    def score(self, rate: float) -> float:
        return self.start + self.scale * self.length(rate)

    def probability(self, score: float) -> float:
        x = (score - self.start) / self.scale
        if self.shape == 0:
            return 0.1 * math.exp(-x)
        return 0.1 * max(1 + self.shape * x, 0.0) ** (-1 / self.shape)


def tail(scores: list[float]) -> Tail:
    """The tail of what is in the window, by the L-moments of the excesses over the 90 % quantile."""
    ranked = sorted(scores)
    place = 0.9 * (len(ranked) - 1)
    below = math.floor(place)
    start = ranked[below] + (place - below) * (ranked[below + 1] - ranked[below])
    excesses = [max(score - start, 0.0) for score in ranked[below + 1 :]]
    n = len(excesses)
    l1 = sum(excesses) / n
    differences = [abs(a - b) for i, a in enumerate(excesses) for b in excesses[:i]]
    l2 = sum(differences) / len(differences) / 2
    shape = 0.3
    if l1 > 0:
        found = clamp(2 - l1 / l2, -0.5, 0.40625) if l2 > 0 else -0.5
        shape = (50 * 0.3 + n * found) / (50 + n)
    shape = math.floor((shape + 0.5) * 64 + 0.5) / 64 - 0.5
    median = ranked[len(ranked) // 2]
    mean = (n * l1 + 5 * 0.2 * median) / (n + 5)
    return Tail(start, max(mean, 0.01 * median, 1e-12) * (1 - shape), shape)


def tail_probability(scores: list[float], beyond: Tail, score: float) -> float:
    if score >= beyond.start:
        return beyond.probability(score)
    return max((sum(s >= score for s in scores) + 1) / (len(scores) + 1), 0.1)


@dataclass
class Window:
    """The newest scores that count as usual, as float32."""

    scores: list[float] = field(default_factory=list)
    beyond: int = 0

    def remember(self, score: float) -> None:
        self.scores = [*self.scores, float(np.float32(score))][-WINDOW:]

    def remember_usual(self, score: float, unusual: float, shingle_size: int) -> None:
        before, self.beyond = self.beyond, self.beyond + 1 if score > unusual else 0
        grace = min(shingle_size, len(self.scores) // 64)
        if score <= unusual or before < grace or before % 8 == 0:
            self.remember(min(score, unusual))


class Forest:
    """One slot of an arena, step by step."""

    def __init__(self, config: DetectorConfig, seed: int) -> None:
        self.config = config
        self.arena = ForestArena(
            ForestConfig(
                n_features=len(config.features),
                shingle_size=config.shingle_size,
                n_trees=config.n_trees,
                sample_size=config.sample_size,
                time_decay=config.time_decay,
            )
        )
        self.slot = self.arena.open_slot(seed)
        self.learned = 0

    @property
    def seen(self) -> int:
        return int(self.arena.forests.slots[self.slot]["seen"])

    def push(self, record: list[float]) -> None:
        while (need := needs(self.arena.forests, self.slot, 1)) != READY:
            self.arena.grow(self.slot, need)
        push_record(self.arena.forests, self.slot, np.array(record, np.float32), 0)

    def score(self) -> float:
        kind = DISPLACEMENT if self.config.score == "displacement" else INVERSE_DEPTH
        return float(score_newest(self.arena.forests, self.slot, kind))

    def learn(self) -> None:
        if self.seen >= self.config.shingle_size:
            learn_newest(self.arena.forests, self.slot)
            self.learned += 1

    def attribution(self) -> np.ndarray:
        """(features, 2), summing to 1."""
        f, width = self.arena.forests, len(self.config.features)
        shares = np.zeros((2, width * self.config.shingle_size))
        attribute(f, self.slot, f.records, newest_offset(f, self.slot), shares)
        by_feature = shares.reshape(2, self.config.shingle_size, width).sum(axis=1).T
        return by_feature / by_feature.sum()

    def expected(self, blamed: list[bool]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """(middle, low, high), each (features,), normalised, with the blamed features unknown."""
        f, width = self.arena.forests, len(self.config.features)
        missing = np.array([False] * width * (self.config.shingle_size - 1) + blamed)
        found = np.zeros(width), np.zeros(width), np.zeros(width)
        offset = newest_offset(f, self.slot)
        expected_newest(f, self.slot, f.records, offset, missing, *found)
        return found


@dataclass
class Decision:
    status: str = "warming"
    score: float = 0.0
    probability: float = 1.0
    grade: float = 0.0
    threshold: float = 0.0
    confidence: float = 0.0
    values: list[float] = field(default_factory=list)
    imputed: list[bool] = field(default_factory=list)
    expected: list[float] | None = None
    lower: list[float] | None = None
    upper: list[float] | None = None
    attribution: np.ndarray | None = None


class Detector:
    """One key's detector."""

    def __init__(self, config: DetectorConfig, seed: int) -> None:
        self.config = config
        self.settling = min(SETTLE, config.records_to_warm // 2)
        self.features = [Feature() for _ in config.features]
        self.forest = Forest(config, seed)
        self.window = Window()
        self.observations = 0
        self.collected: list[list[float]] = []
        self.gaps: list[int] = []
        logs = math.log2(config.sample_size + 1)
        self.greatest = config.sample_size if config.score == "displacement" else logs

    def decide(self, record: list[float]) -> Decision:
        """What the key's next record is, NaN being missing; then learn it."""
        self.observations += 1
        imputed = [math.isnan(x) for x in record]
        values = [
            f.value if math.isnan(x) else x for f, x in zip(self.features, record, strict=True)
        ]
        self.gaps.append(sum(imputed))
        decision = Decision(values=values, imputed=imputed)
        for feature, x in zip(self.features, record, strict=True):
            if not math.isnan(x):
                feature.update(x, min(self.config.decay, 1 / SETTLE))
        if self.observations <= self.settling:
            self.collect()
            return decision
        self.forest.push([f.normalised(f.value) for f in self.features])
        decision.score = self.forest.score()
        decision.confidence = self.confidence()
        unusual = self.judge(decision)
        late = self.settling + max(self.config.records_to_warm - self.settling, 0) // 4
        if self.observations > late and self.forest.learned > 0:
            shingle_size = self.config.shingle_size
            self.window.remember_usual(decision.score, unusual, shingle_size)
        if decision.status == "anomaly":
            self.explain(decision)
        self.forest.learn()
        return decision

    def collect(self) -> None:
        self.collected.append([f.value if f.count else NAN for f in self.features])
        if self.observations < self.settling:
            return
        for feature, values in zip(self.features, zip(*self.collected, strict=True), strict=True):
            feature.settle(list(values))
        for record in self.collected:
            self.forest.push([f.normalised(x) for f, x in zip(self.features, record, strict=True)])
            self.forest.learn()

    def confidence(self) -> float:
        gaps = sum(self.gaps[-self.config.shingle_size :])
        dims = len(self.features) * self.config.shingle_size
        held = min(self.forest.learned, self.config.sample_size)
        return (1 - gaps / dims) * held / self.config.sample_size

    def judge(self, decision: Decision) -> float:
        scores, rate = self.window.scores, self.config.alarm_rate
        if len(scores) < 16:
            return math.inf
        beyond = tail(scores)
        unusual = beyond.score(2e-3)
        room = max(self.greatest - beyond.start, 1e-3 * self.greatest)
        beyond.scale = min(beyond.scale, 0.875 * room / beyond.length(rate))
        threshold = beyond.score(rate)
        if self.observations > self.config.records_to_warm:
            score = decision.score
            decision.threshold = threshold
            decision.probability = max(tail_probability(scores, beyond, score), 1e-300)
            decision.status = "anomaly" if score > threshold else "normal"
            if score > threshold:
                full = min(beyond.score(rate**2), beyond.start + room)
                decision.grade = min((score - threshold) / (full - threshold), 1.0)
        return unusual

    def explain(self, decision: Decision) -> None:
        decision.attribution = self.forest.attribution()
        alone = self.config.shingle_size == 1
        blamed = [not alone or share > 0.1 for share in decision.attribution.sum(axis=1)]
        ends = [
            [f.restored(z) for f, z in zip(self.features, zs, strict=True)]
            for zs in self.forest.expected(blamed)
        ]
        decision.expected, decision.lower, decision.upper = ends
