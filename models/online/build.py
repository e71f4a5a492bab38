"""River models from what a configuration holds: mappings, lists and scalars; never code.

    model      a step, or a list of steps, which is a pipeline
    step       Class  |  {Class: parameters}
    Class      `LogisticRegression`, or with its module, `linear_model.LogisticRegression`
    parameters {name: value}, or for classes that take any number of arguments (`Select`, `TransformerUnion`) a list
    value      a scalar; {Class: parameters}; a list of values, in which a list is again a pipeline and
               [name, {Class: parameters}] a named pair

Where a class takes a seed and is given none, it gets one that follows from the configured seed and its place.
"""

from __future__ import annotations

import hashlib
import inspect
import warnings
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NoReturn

from river import base

from models.errors import InvalidParameter
from models.online.catalogue import DEFAULTS, REFUSED, by_class_name, classes
from models.online.kinds import called, declared, fits
from models.online.records import Model, Steps

TYPES = {"bool": bool, "float": float, "int": int, "str": str}
"""Names of types, which `SelectType` takes."""


class UnknownClass(InvalidParameter):
    """A configuration names a class that is not among those it may name."""


def build(
    steps: Steps, seed: int, owner: str, targets: Mapping[Any, Any] = MappingProxyType({})
) -> Model:
    """The River estimator that `steps` describe, new and untrained.

    owner: whose it is, for error messages, as "the model 'fast'".
    targets: class -> as models know it; parameters that are mappings of classes are given these instead.

    Raises InvalidParameter.
    """
    with warnings.catch_warnings():
        # What River says of a parameter at construction says it again to nobody: a model is built once per entity.
        warnings.simplefilter("ignore")
        return _Builder(seed, owner, targets).model(steps, "steps")


class _Builder:
    """Builds one model; `path` is the place in the configuration, for messages and seeds."""

    def __init__(self, seed: int, owner: str, targets: Mapping[Any, Any]) -> None:
        self._seed = seed
        self._owner = owner
        self._targets = targets

    def model(self, spec: Steps, path: str) -> Model:
        if _is_list(spec):
            return self._pipeline(spec, path)
        if isinstance(spec, str):
            return self._instance(self._class(spec, path), {}, f"{path}.{spec}")
        if self._is_step(spec):
            return self._step(spec, path)
        return self._refuse(path, "a class, {class: parameters} or a list of these", spec)

    def _pipeline(self, spec: Sequence[Steps], path: str) -> Model:
        if not spec:
            self._refuse(path, "a list of at least one step", spec)
        steps = [
            self._pair(step, f"{path}[{i}]") or self.model(step, f"{path}[{i}]")
            for i, step in enumerate(spec)
        ]
        if len(steps) == 1 and not isinstance(steps[0], tuple):
            return steps[0]
        for i, step in enumerate(steps[:-1]):
            estimator = step[1] if isinstance(step, tuple) else step
            if not isinstance(estimator, base.BaseTransformer | base.AnomalyFilter):
                rule = "a transformer or filter, as it is not the last step"
                self._refuse(f"{path}[{i}]", rule, type(estimator).__name__)
        try:
            return classes()["compose.Pipeline"](*steps)
        except Exception as error:
            self._refuse(path, f"steps that go together ({_said(error)})", spec)

    def _step(self, spec: Mapping[str, Steps], path: str) -> Model:
        ((name, parameters),) = spec.items()
        return self._instance(self._class(name, path), parameters, f"{path}.{name}")

    def _class(self, name: str, path: str) -> type:
        qualified = name.removeprefix("river.")
        if qualified in classes():
            return classes()[qualified]
        found = by_class_name().get(name, ())
        for refused, reason in REFUSED.items():
            if qualified == refused or (not found and name == refused.rpartition(".")[2]):
                self._refuse(path, f"another class ({reason})", name)
        if len(found) > 1:
            self._refuse(path, f"one of {' and '.join(found)}", name)
        if not found:
            raise UnknownClass(
                path,
                self._owner,
                "a class of River, as LogisticRegression or linear_model.LogisticRegression",
                name,
            )
        return classes()[found[0]]

    def _instance(self, kind: type, parameters: Steps, path: str) -> Model:
        signature = inspect.signature(kind).parameters
        rest = next((p for p in signature.values() if p.kind is p.VAR_POSITIONAL), None)
        if _is_list(parameters):
            if rest is None:
                self._refuse(path, "given its parameters by name", parameters)
            return self._call(kind, self._list(parameters, path), {}, path, parameters)
        if parameters is None:
            parameters = {}
        if not isinstance(parameters, Mapping):
            self._refuse(path, "given its parameters as {name: value}", parameters)
        keywords = {}
        parameters = {**DEFAULTS.get(_qualified(kind), {}), **parameters}
        for name, value in parameters.items():
            if name not in signature or signature[name] is rest:
                known = ", ".join(p for p in signature if signature[p] is not rest) or "none"
                if not any(p.kind is p.VAR_KEYWORD for p in signature.values()):
                    self._refuse(f"{path}.{name}", f"one of its parameters ({known})", name)
            keywords[name] = self._value(name, value, f"{path}.{name}")
            if name in signature:
                self._check_kind(kind, signature[name], keywords[name], f"{path}.{name}")
        if "seed" in signature and keywords.get("seed") is None:
            keywords["seed"] = self._seed_of(path)
        built = self._call(kind, [], keywords, path, parameters)
        self._check_kept(built, keywords, path)
        return built

    def _call(
        self, kind: type, arguments: list[Any], keywords: dict[str, Any], path: str, got: Steps
    ) -> Model:
        try:
            return kind(*arguments, **keywords)
        except Exception as error:
            self._refuse(path, f"given what it accepts ({_said(error)})", got)

    def _value(self, name: str, value: Steps, path: str) -> Model:
        if name == "cls" and isinstance(value, str):
            return self._class(value, path)
        if self._is_step(value):
            return self._step(value, path)
        if isinstance(value, Mapping):
            names = self._targets if value and all(key in self._targets for key in value) else {}
            return {
                names.get(key, key): self._value("", item, f"{path}.{key}")
                for key, item in value.items()
            }
        if _is_list(value):
            # A list where one estimator belongs is a pipeline; where several do, each of its items is one.
            return self._pipeline(value, path) if name in SINGULAR else self._list(value, path)
        return self.model(value, path) if name in SINGULAR and isinstance(value, str) else value

    def _list(self, values: Sequence[Any], path: str) -> list[Any]:
        built: list[Any] = []
        for i, value in enumerate(values):
            place = f"{path}[{i}]"
            if pair := self._pair(value, place):
                built.append(pair)
            elif _is_list(value) and value and all(map(self._is_estimator, value)):
                built.append(self._pipeline(value, place))
            elif path.endswith("SelectType") and value in TYPES:
                built.append(TYPES[value])
            else:
                built.append(self._value("", value, place))
        return built

    def _pair(self, value: Steps, path: str) -> tuple[str, Any] | None:
        if not _is_list(value) or len(value) != 2 or self._is_estimator(value[0]):
            return None
        if isinstance(value[0], str):
            return value[0], self._value("model", value[1], f"{path}.{value[0]}")
        return None

    def _is_estimator(self, value: Steps) -> bool:
        """Whether it is a step of a pipeline: {Class: parameters}, or the name of a class."""
        if isinstance(value, str):
            return value in by_class_name() or value.removeprefix("river.") in classes()
        return self._is_step(value)

    def _is_step(self, value: Steps) -> bool:
        """Whether it is {Class: parameters}, and not a mapping of plain values as {Yes: 2.0}."""
        if not isinstance(value, Mapping) or len(value) != 1:
            return False
        ((name, parameters),) = value.items()
        capital = isinstance(name, str) and name.rpartition(".")[2][:1].isupper()
        return capital and (
            parameters is None or isinstance(parameters, Mapping) or _is_list(parameters)
        )

    def _check_kind(
        self, kind: type, parameter: inspect.Parameter, value: object, path: str
    ) -> None:
        """River checks few of its parameters, and what is wrong would show with the first record only."""
        declaration = declared(kind, parameter)
        if value is parameter.default or fits(value, declaration):
            return
        shown = isinstance(parameter.default, int | float | str)
        example = f" (as {parameter.default!r})" if shown and declaration is not bool else ""
        self._refuse(path, called(declaration) + example, _shown(value))

    def _check_kept(self, model: Model, keywords: Mapping[str, Any], path: str) -> None:
        """Some classes take another word than they know for their default, and print that they do."""
        for name, value in keywords.items():
            kept = getattr(model, name, value)
            if isinstance(value, str) and isinstance(kept, str) and kept != value:
                self._refuse(f"{path}.{name}", f"a word that it knows (as {kept!r})", value)

    def _seed_of(self, path: str) -> int:
        text = f"{self._seed}\0{path}".encode()
        return int.from_bytes(hashlib.blake2b(text, digest_size=4).digest(), "little") >> 1

    def _refuse(self, path: str, rule: str, got: object) -> NoReturn:
        raise InvalidParameter(path, self._owner, rule, got)


SINGULAR = frozenset(
    {"anomaly_detector", "base_estimator", "classifier", "estimator", "model", "regressor"}
    | {"leaf_model", "meta_classifier", "pred_model", "predictive_model", "transformer"}
)
"""Parameters that hold one estimator."""


def _qualified(kind: type) -> str:
    return next((name for name, known in classes().items() if known is kind), "")


def _is_list(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _shown(value: object) -> object:
    """What was given, by its class where it is one of River's."""
    if isinstance(value, list):
        return [_shown(item) for item in value]
    return type(value).__name__ if isinstance(value, base.Base) else value


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".splitlines()[0]
