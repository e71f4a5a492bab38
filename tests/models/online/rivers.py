"""Every River model that a configuration may name, run over a small stream; a program, for a process of its own.

python -m tests.models.online.rivers CUT: prints {"model task": digest of its answers}, with a dump and a load before
every CUT-th event (0: never).
"""

from __future__ import annotations

import hashlib
import json
import random
import sys
import warnings
from collections.abc import Iterator
from typing import Any

from river import base

from models.online.build import build
from models.online.catalogue import classes
from models.online.envelope import seal, unseal
from tests.models.online import streams

LOG = [{"StandardScaler": {}}, {"LogisticRegression": {}}]
LIN = [{"StandardScaler": {}}, {"LinearRegression": {}}]
TREE = {"HoeffdingTreeClassifier": {"grace_period": 20}}
REG = {"HoeffdingTreeRegressor": {"grace_period": 20}}
GRACE = {"grace_period": 20}
ROLLING = {"cls": "stats.Mean", "window_size": 7}
EVEN = {0: 0.5, 1: 0.5}
WIDE = ("gamma", "delta", "omega", "pi", "mu")

PARAMETERS: dict[str, Any] = {
    "anomaly.HalfSpaceTrees": {"window_size": 40},
    "anomaly.PredictiveAnomalyDetection": {"predictive_model": LIN, "horizon": 1},
    "anomaly.QuantileFilter": {"anomaly_detector": {"OneClassSVM": {}}, "q": 0.99},
    "anomaly.ThresholdFilter": {"anomaly_detector": {"HalfSpaceTrees": {}}, "threshold": 0.9},
    "compose.Discard": ["b"],
    "compose.Grouper": {"transformer": {"Select": ["a", "b"]}, "by": "s"},
    "compose.Prefixer": {"prefix": "p"},
    "compose.Renamer": {"mapping": {"a": "c"}},
    "compose.Select": ["a", "b", *WIDE],
    "compose.SelectType": ["float"],
    "compose.Suffixer": {"suffix": "p"},
    "compose.TransformerProduct": [{"Select": ["a"]}, {"Select": ["b"]}],
    "compose.TransformerUnion": [{"StandardScaler": {}}, [{"Select": ["a"]}, {"Binarizer": {}}]],
    "drift.DriftRetrainingClassifier": {"model": LOG},
    "dummy.StatisticRegressor": {"statistic": {"stats.Mean": {}}},
    "ensemble.BaggingRegressor": {"model": LIN, "n_models": 3},
    "ensemble.EWARegressor": {"models": [LIN, REG]},
    "ensemble.SRPClassifier": {"model": TREE, "n_models": 3},
    "ensemble.SRPRegressor": {"model": REG, "n_models": 3},
    "ensemble.StackingClassifier": {
        "models": [{"GaussianNB": {}}, TREE],
        "meta_classifier": {"GaussianNB": {}},
    },
    "ensemble.VotingClassifier": {"models": [{"GaussianNB": {}}, TREE], "use_probabilities": True},
    "feature_extraction.Agg": {"on": "a", "by": ["s"], "how": {"Rolling": ROLLING}},
    "feature_extraction.BagOfWords": {"on": "s", "ngram_range": [1, 2], "stop_words": ["dog"]},
    "feature_extraction.TFIDF": {"on": "s"},
    "feature_extraction.TargetAgg": {"by": ["s"], "how": {"stats.Mean": {}}},
    "feature_selection.PoissonInclusion": {"p": 0.5},
    "feature_selection.SelectKBest": {"similarity": {"PearsonCorr": {}}, "k": 2},
    "forest.AMFClassifier": {"n_estimators": 2},
    "forest.AMFRegressor": {"n_estimators": 2},
    "forest.ARFClassifier": {"n_models": 3, **GRACE},
    "forest.ARFRegressor": {"n_models": 3, **GRACE},
    "forest.OXTRegressor": {"n_models": 3, **GRACE},
    "imblearn.ChebyshevOverSampler": {"regressor": LIN},
    "imblearn.ChebyshevUnderSampler": {"regressor": LIN},
    "imblearn.HardSamplingClassifier": {"classifier": LOG, "p": 0.5, "size": 20},
    "imblearn.HardSamplingRegressor": {"regressor": LIN, "p": 0.5, "size": 20},
    "imblearn.RandomOverSampler": {"classifier": LOG, "desired_dist": EVEN},
    "imblearn.RandomSampler": {"classifier": LOG, "desired_dist": EVEN},
    "imblearn.RandomUnderSampler": {"classifier": LOG, "desired_dist": EVEN},
    "model_selection.BanditClassifier": {
        "models": [{"GaussianNB": {}}, TREE],
        "metric": {"Accuracy": {}},
        "policy": {"EpsilonGreedy": {"epsilon": 0.1}},
    },
    "model_selection.BanditRegressor": {
        "models": [LIN, REG],
        "metric": {"MAE": {}},
        "policy": {"Exp3": {"gamma": 0.1}},
    },
    "model_selection.GreedyRegressor": {"models": [LIN, REG]},
    "model_selection.SuccessiveHalvingClassifier": {
        "models": [{"GaussianNB": {}}, TREE],
        "metric": {"Accuracy": {}},
        "budget": 50,
    },
    "model_selection.SuccessiveHalvingRegressor": {
        "models": [LIN, REG],
        "metric": {"MAE": {}},
        "budget": 50,
    },
    "multiclass.OneVsOneClassifier": {"classifier": LOG},
    "multiclass.OneVsRestClassifier": {"classifier": LOG},
    "multiclass.OutputCodeClassifier": {"classifier": LOG, "code_size": 6},
    "preprocessing.GapEncoder": {"on": "s"},
    "preprocessing.PredClipper": {"regressor": LIN, "y_min": -10, "y_max": 10},
    "preprocessing.StatImputer": [["b", {"stats.Mean": {}}]],
    "preprocessing.TargetMinMaxScaler": {"regressor": LIN},
    "preprocessing.TargetStandardScaler": {"regressor": LIN},
    "rules.AMRules": {"n_min": 20},
    **{f"facto.{m}Classifier": {"n_factors": 3} for m in ("FM", "FFM", "FwFM", "HOFM")},
    **{f"facto.{m}Regressor": {"n_factors": 3} for m in ("FM", "FFM", "FwFM", "HOFM")},
    **{
        f"ensemble.{kind}Classifier": {"model": TREE, "n_models": 3}
        for kind in ("AdaBoost", "ADWINBagging", "ADWINBoosting", "Bagging", "BOLE")
    },
    "ensemble.LeveragingBaggingClassifier": {"model": TREE, "n_models": 3},
    **{
        f"tree.{kind}": GRACE
        for kind in (
            "ExtremelyFastDecisionTreeClassifier",
            "HoeffdingAdaptiveTreeClassifier",
            "HoeffdingAdaptiveTreeRegressor",
            "HoeffdingTreeClassifier",
            "HoeffdingTreeRegressor",
            "SGTClassifier",
            "SGTRegressor",
        )
    },
}

BEFORE: dict[str, Any] = {
    "feature_extraction.BagOfWords": [],
    "feature_extraction.TFIDF": [],
    "feature_extraction.Agg": [],
    "feature_extraction.TargetAgg": [],
    "compose.Grouper": [],
    "compose.SelectType": [],
    "preprocessing.FeatureHasher": [],
    "preprocessing.GapEncoder": [],
    "preprocessing.LDA": [{"BagOfWords": {"on": "s"}}],
    "preprocessing.OneHotEncoder": [{"Select": ["s"]}],
    "preprocessing.OrdinalEncoder": [],
    "naive_bayes.ComplementNB": [{"Binarizer": {}}],
    "naive_bayes.MultinomialNB": [{"Binarizer": {}}],
}
"""Steps before a class; other transformers are given numbers only."""

VARIANTS: dict[str, Any] = {
    **{
        f"optimizer {name}": [
            {"StandardScaler": {}},
            {"LinearRegression": {"optimizer": {name: {}}}},
        ]
        for name in (
            "AdaBound",
            "AdaDelta",
            "AdaGrad",
            "Adam",
            "AMSGrad",
            "AdaMax",
            "FTRLProximal",
            "Momentum",
            "Nadam",
            "NesterovMomentum",
            "RMSProp",
        )
    },
    **{
        f"splitter {name}": {"HoeffdingTreeRegressor": {**GRACE, "splitter": {name: {}}}}
        for name in ("EBSTSplitter", "TEBSTSplitter", "QOSplitter")
    },
    "optimizer Newton": [{"StandardScaler": {}}, {"LinearRegression": {"l2": 0.1}}],
    "scheduled": {"LinearRegression": {"intercept_lr": {"InverseScaling": {"learning_rate": 0.1}}}},
    "nominal": [
        {
            "HoeffdingTreeRegressor": {
                **GRACE,
                "nominal_attributes": ["s"],
                "leaf_prediction": "mean",
            }
        }
    ],
    "page-hinkley": {
        "HoeffdingAdaptiveTreeRegressor": {**GRACE, "drift_detector": {"PageHinkley": {}}}
    },
    "kswin": {
        "ARFRegressor": {
            "n_models": 2,
            "drift_detector": {"KSWIN": {}},
            "warning_detector": {"NoDrift": {}},
        }
    },
    "lazy neighbours": {"KNNRegressor": {"engine": {"LazySearch": {"window_size": 40}}}},
    "normal weights": {"LinearRegression": {"initializer": {"Normal": {}}}},
}
"""Regressors with parts that are objects themselves."""


def tasks(name: str) -> Iterator[str]:
    """What a class can do here."""
    kind = classes()[name]
    if issubclass(kind, base.AnomalyDetector | base.AnomalyFilter):
        yield "anomaly"
        return
    if issubclass(kind, base.MultiLabelClassifier | base.MultiTargetRegressor):
        return
    if issubclass(kind, base.Classifier):
        yield "binary"
        if build({name: PARAMETERS.get(name, {})}, 1, name)._multiclass:
            yield "several"
    if issubclass(kind, base.Regressor):
        yield "values"
    if issubclass(kind, base.Transformer | base.SupervisedTransformer):
        yield "transformed"


def events(task: str, n: int) -> Iterator[tuple[dict[str, Any], Any]]:
    """A stream with many features, and classes as models know them."""
    rng = random.Random(9)
    stream = {"binary": streams.binary, "several": streams.several}.get(task, streams.values)
    names: dict[Any, Any] = {}
    for x, y in stream(n):
        wide = {**x, **{name: rng.gauss(0.0, 1.0) for name in WIDE}}
        if task in ("transformed", "nominal"):
            wide["s"] = " ".join(rng.choices(["ant", "bee", "cow", "dog"], k=3))
        yield wide, names.setdefault(y, len(names)) if task == "several" else y


def run(name: str, task: str, cut: int, n: int) -> str:
    """A digest of a model's answers."""
    if task == "variant":
        spec = VARIANTS[name]
        task = "nominal" if name == "nominal" else "values"
    else:
        spec = [*BEFORE.get(name, []), {name: PARAMETERS.get(name, {})}]
    if task == "transformed":
        narrow = [] if name in BEFORE else [{"Discard": ["s"]}]
        numbers = [{"SelectType": ["float", "int"]}]
        spec = [
            *narrow,
            *spec,
            *numbers,
            {"LinearRegression": {"optimizer": {"SGD": {"lr": 1e-3}}}},
        ]
    model = build(spec, 7, name)
    said = []
    for i, (x, y) in enumerate(events(task, n)):
        if cut and i % cut == cut - 1:
            model = unseal(seal("test", {}, model), "test", {})
        said.append(_asked(model, task, x, y))
        if task == "anomaly" and not model._supervised:
            model.learn_one(x)
        else:
            model.learn_one(x, y)
    return hashlib.sha256(repr(said).encode()).hexdigest()[:12]


def _asked(model: Any, task: str, x: dict[str, Any], y: Any) -> Any:
    if task == "anomaly":
        return model.score_one(x, y) if model._supervised else model.score_one(x)
    answer = model.predict_one(x)
    if task not in ("binary", "several"):
        return answer
    try:
        return answer, sorted((model.predict_proba_one(x) or {}).items())
    except NotImplementedError:
        return answer


def main(cut: int) -> dict[str, str]:
    """Model and task -> digest, or what went wrong."""
    runs = [(name, task) for name in classes() for task in tasks(name)]
    runs += [(name, "variant") for name in VARIANTS]
    found = {}
    for name, task in runs:
        try:
            found[f"{name} {task}"] = run(name, task, cut, 110)
        except Exception as error:
            found[f"{name} {task}"] = f"{type(error).__name__}: {error}"
    return found


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    json.dump(main(int(sys.argv[1])), sys.stdout)
