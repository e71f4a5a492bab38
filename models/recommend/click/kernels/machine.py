"""A factorisation machine over hashed features, trained by AdaGrad.

    score(x) = bias + sum_f w_f x_f + sum_{f < g} <v_f, v_g> x_f x_g        (Rendle 2010, equation 1)

The pairs are summed in linear time (his equation 5). Row s of `parameters` (slots, 2 + 2k) holds what is learned of the
features that hash to s: w, the sum of its squared gradients, v (k), and the sums of theirs.
"""

from __future__ import annotations

import math

import numpy as np

from models.compiled import Doubles, Floats, Ints, inlined, kernel

EPSILON = 1e-6


@inlined
def score_of(slots: Ints, values: Floats, parameters: Floats, bias: float, sums: Doubles) -> float:
    """The score of one example: slots (features,), -1 for none, and their values; leaves sum_f v_f x_f in sums (k,)."""
    k = len(sums)
    score = bias
    sums[:] = 0.0
    squares = 0.0
    for place in range(len(slots)):
        slot = slots[place]
        if slot >= 0:
            x = values[place]
            score += parameters[slot, 0] * x
            for d in range(k):
                term = parameters[slot, 2 + d] * x
                sums[d] += term
                squares += term * term
    pairs = 0.0
    for d in range(k):
        pairs += sums[d] * sums[d]
    return score + 0.5 * (pairs - squares)


@inlined
def probability(score: float) -> float:
    """The logistic function, without overflow."""
    if score >= 0.0:
        return 1.0 / (1.0 + math.exp(-score))
    small = math.exp(score)
    return small / (1.0 + small)


@inlined
def step(
    parameters: Floats,
    slot: int,
    place: int,
    squares: int,
    gradient: float,
    rate: float,
    longest: float,
) -> None:
    """One step of AdaGrad (Duchi, Hazan & Singer 2011) for one parameter."""
    gradient = min(max(gradient, -longest), longest)
    parameters[slot, squares] += gradient * gradient
    parameters[slot, place] -= rate * gradient / math.sqrt(parameters[slot, squares] + EPSILON)


@inlined
def learn_example(
    slots: Ints,
    values: Floats,
    clicked: float,
    parameters: Floats,
    dirty: np.ndarray,
    bias: Doubles,
    rate: float,
    regularisation: float,
    sums: Doubles,
) -> float:
    """Learn one example by a step down the log loss; returns the probability it was given before."""
    k = len(sums)
    longest = 10.0
    before = probability(score_of(slots, values, parameters, bias[0], sums))
    error = before - clicked
    bias[1] += error * error
    bias[0] -= rate * error / math.sqrt(bias[1] + EPSILON)
    for place in range(len(slots)):
        slot = slots[place]
        if slot >= 0:
            x = values[place]
            w = parameters[slot, 0]
            step(parameters, slot, 0, 1, error * x + regularisation * w, rate, longest)
            for d in range(k):
                v = parameters[slot, 2 + d]
                gradient = error * x * (sums[d] - v * x) + regularisation * v
                step(parameters, slot, 2 + d, 2 + k + d, gradient, rate, longest)
            dirty[slot] = 1
    return before


@kernel
def learn_examples(
    slots: Ints,
    values: Floats,
    clicks: Doubles,
    parameters: Floats,
    dirty: np.ndarray,
    bias: Doubles,
    rate: float,
    regularisation: float,
    sums: Doubles,
    before: Doubles,
) -> None:
    """Learn examples (n, features) in order; before (n,): the probability that each was given before."""
    for example in range(len(slots)):
        before[example] = learn_example(
            slots[example],
            values[example],
            clicks[example],
            parameters,
            dirty,
            bias,
            rate,
            regularisation,
            sums,
        )


@kernel
def score_examples(
    slots: Ints, values: Floats, parameters: Floats, bias: Doubles, sums: Doubles, scores: Doubles
) -> None:
    """Scores (n,), in log odds, of examples (n, features)."""
    for example in range(len(slots)):
        scores[example] = score_of(slots[example], values[example], parameters, bias[0], sums)
