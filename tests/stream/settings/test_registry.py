from __future__ import annotations

import json
from pathlib import Path

import pytest

from stream.errors import ConfigError
from stream.registry import RegistryOptions
from stream.settings import Settings, loads

DETECTOR = "detectors: {d: {input: {topic: t, features: [x]}}}"


def with_registry(**settings: object) -> Settings:
    return loads(f"registry: {json.dumps(settings)}\n{DETECTOR}", environment={})


def problems_of(text: str) -> list[str]:
    with pytest.raises(ConfigError) as raised:
        loads(text)
    return raised.value.problems


def test_without_a_url_there_is_no_registry() -> None:
    assert loads(DETECTOR).registry.options() is None


def test_every_setting_is_passed_on(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("s3cret\n")
    settings = with_registry(
        url="https://a:8081,https://b",
        username="ann",
        password_file=str(secret),
        ca_file="ca.pem",
        timeout=2.5,
        auto_register=False,
    )
    options = settings.registry.options()
    assert options == RegistryOptions(
        url="https://a:8081,https://b",
        username="ann",
        password="s3cret",
        ca_file="ca.pem",
        timeout=2.5,
        auto_register=False,
    )
    assert "s3cret" not in repr(options)
    assert "s3cret" not in repr(settings)


@pytest.mark.parametrize(
    ("inside", "problem"),
    [
        ("url: host", "registry.url must be an http or https URL such as http://host:8081"),
        ("url: 'http://a,ftp://b'", "registry.url must be an http or https URL"),
        ("username: ann", "registry.password must be set when username is, got null."),
        ("password: s", "registry.username must be set when password is, got null."),
        ("timeout: 0", "registry.timeout must be above 0.0, got 0."),
        ("auto_register: maybe", "registry.auto_register must be"),
        ("user: ann", "A setting of registry must be like 'username', got 'user'."),
    ],
)
def test_a_fault_is_told(inside: str, problem: str) -> None:
    (told,) = problems_of(f"registry: {{{inside}}}\n{DETECTOR}")
    assert told.startswith(problem)


def test_a_secret_in_a_faulty_url_is_not_told() -> None:
    (told,) = problems_of(f"registry: {{url: 'https://ann:s3cret@ho st'}}\n{DETECTOR}")
    assert "s3cret" not in told


@pytest.mark.parametrize("role", ["input", "output", "alerts"])
@pytest.mark.parametrize("form", ["avro", "json-schema", "protobuf"])
def test_a_format_needs_a_registry(role: str, form: str) -> None:
    inside = {"input": "", "output": "}, output: {", "alerts": "}, alerts: {"}[role]
    separator = ", " if role == "input" else ""
    text = (
        f"detectors: {{d: {{input: {{topic: t, features: [x]{separator}{inside}format: {form}}}}}}}"
    )
    assert problems_of(text) == [
        f"registry.url must be set when a format is not json (detectors.d.{role}.format is {form}), "
        "got null."
    ]
    settings = loads(f"registry: {{url: 'http://r'}}\n{text}")
    assert settings.registry.url == "http://r"


def test_alerts_that_are_not_written_need_none() -> None:
    off = "alerts: {enabled: false, format: avro}"
    assert loads(f"detectors: {{d: {{input: {{topic: t, features: [x]}}, {off}}}}}")


def test_an_unknown_format_is_told() -> None:
    text = "detectors: {d: {input: {topic: t, features: [x], format: xml}}}"
    assert problems_of(text) == [
        "detectors.d.input.format must be 'json', 'avro', 'json-schema' or 'protobuf', got 'xml'."
    ]
