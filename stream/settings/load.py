"""From a YAML file to settings, or to every problem at once."""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from models.detector.config import DetectorConfig
from stream.errors import ConfigError
from stream.settings.defaults import with_internal_topics
from stream.settings.document import parse
from stream.settings.environment import read_secrets, substitute
from stream.settings.problems import NOT_EMPTY, locations, sentences
from stream.settings.root import Settings
from stream.settings.sharing import sharing_problems
from stream.settings.task import Configured


def load(path: str | Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """Read a configuration file.

    Raises ConfigError with one sentence per problem.
    """
    source = str(path)
    try:
        text = Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(source, [f"The file must be readable: {error.strerror}."]) from error
    except ValueError as error:
        raise ConfigError(source, ["The file must be text in UTF-8."]) from error
    return loads(text, source, environment)


def loads(
    text: str, source: str = "configuration", environment: Mapping[str, str] = os.environ
) -> Settings:
    """Read a configuration from text; `source` is what errors call it.

    Raises ConfigError with one sentence per problem.
    """
    try:
        raw = parse(text)
    except yaml.YAMLError as error:
        raise ConfigError(source, [f"The file must be YAML: {_one_line(error)}."]) from error
    if not isinstance(raw, dict):
        raise ConfigError(source, ["The file must hold a mapping of settings."])
    problems: list[str] = []
    raw = read_secrets(substitute(raw, environment, problems), Settings, problems)
    try:
        settings = Settings.model_validate(raw)
    except ValidationError as error:
        rest = copy.deepcopy(raw)
        problems += _all_sentences(rest, error, {_setting_of(problem) for problem in problems})
        problems += _hidden_sharing_problems(rest, problems)
        raise ConfigError(source, problems) from error
    if problems:
        raise ConfigError(source, problems)
    return settings


def detector_config(settings: Settings, name: str) -> DetectorConfig:
    """The parameters of one detector's model. Raises ConfigError for a name that is not there."""
    detector = settings.detectors.get(name)
    if detector is None:
        known = ", ".join(settings.detectors)
        raise ConfigError("detectors", [f"The detector must be one of {known}, got {name!r}."])
    return detector.config()


def _all_sentences(rest: dict[str, Any], error: ValidationError, told: set[str]) -> list[str]:
    """A sentence for every fault, those that only show once others are mended included.

    Rules that join several settings are looked at when each is sound by itself, so faulty ones are
    taken out of `rest`, until nothing new comes to light.
    """
    found: list[str] = []
    faults: ValidationError | None = error
    while faults is not None:
        fresh = [text for text in sentences(faults, Settings) if not _is_told(text, told)]
        if not fresh:
            break
        found += fresh
        told |= {_setting_of(text) for text in fresh}
        for location in locations(faults):
            _leave_out(rest, location)
        faults = _faults_of(rest)
    return found


def _is_told(sentence: str, told: set[str]) -> bool:
    """Whether the setting was told of, or is a mapping that only lacks the entries that were."""
    setting = _setting_of(sentence)
    emptied = NOT_EMPTY in sentence and any(other.startswith(f"{setting}.") for other in told)
    return setting in told or emptied


def _faults_of(raw: dict[str, Any]) -> ValidationError | None:
    try:
        Settings.model_validate(raw)
    except ValidationError as error:
        return error
    return None


def _leave_out(raw: Any, location: Sequence[str]) -> None:  # noqa: ANN401 - any YAML
    *parents, name = location
    for part in parents:
        raw = raw.get(part) if isinstance(raw, dict) else None
    if isinstance(raw, dict):
        raw.pop(name, None)


def _setting_of(sentence: str) -> str:
    return sentence.split(" ", maxsplit=1)[0]


def _hidden_sharing_problems(raw: dict[str, Any], told: list[str]) -> list[str]:
    """What sound tasks disagree on, which validation leaves out when others are not sound."""
    completed = with_internal_topics(raw, Settings.internal_topics())
    sound: list[Configured] = []
    for kind, settings in Settings.kinds().items():
        tasks = completed.get(kind) if isinstance(completed, dict) else None
        for name, task in (tasks if isinstance(tasks, dict) else {}).items():
            try:
                sound.append(Configured(kind, name, settings.model_validate(task)))
            except ValidationError:
                continue
    return [problem for problem in sharing_problems(sound) if problem not in told]


def _one_line(error: yaml.YAMLError) -> str:
    return " ".join(str(error).split()).rstrip(".")
