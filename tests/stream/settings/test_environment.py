from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import SecretStr

from stream.errors import ConfigError
from stream.settings import loads
from stream.settings.environment import read_secrets, substitute
from stream.settings.section import Section


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${NAME}", "set"),
        ("a-${NAME}-${NAME:-b}", "a-set-set"),
        ("${OTHER:-b}", "b"),
        ("${OTHER:-}", ""),
        ("${EMPTY}", ""),
        ("${EMPTY:-b}", "b"),
        ("$${NAME}", "${NAME}"),
        ("$NAME and $5", "$NAME and $5"),
        ("${URL}", "${NAME}"),
    ],
)
def test_references(text: str, value: str) -> None:
    problems: list[str] = []
    environment = {"NAME": "set", "EMPTY": "", "URL": "${NAME}"}
    assert substitute({"a": [text, 5]}, environment, problems) == {"a": [value, 5]}
    assert problems == []


def test_an_unset_variable_is_a_problem_with_its_place() -> None:
    problems: list[str] = []
    substitute({"a": {"b": ["x", "${ABSENT}"]}}, {}, problems)
    assert problems == [
        "a.b.1 must name environment variables that are set, got ${ABSENT}, which is not."
    ]


def test_a_reference_may_give_a_number() -> None:
    text = 'api: {port: "${PORT}"}\ndetectors: {d: {input: {topic: t, features: [x]}}}'
    assert loads(text, environment={"PORT": "99"}).api.port == 99


class _Account(Section):
    name: str = ""
    password: SecretStr | None = None


class _Root(Section):
    account: _Account = _Account()
    accounts: dict[str, _Account] = {}  # noqa: RUF012 - pydantic copies it


def test_secret_files_are_read_wherever_a_section_has_a_secret(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("  hunter2\n")
    raw = {
        "account": {"password_file": str(file)},
        "accounts": {"a": {"password_file": str(file), "name": "n"}, "b": None},
    }
    problems: list[str] = []
    filled = read_secrets(raw, _Root, problems)
    assert filled == {
        "account": {"password": "hunter2"},
        "accounts": {"a": {"password": "hunter2", "name": "n"}, "b": None},
    }
    assert problems == []
    assert raw["account"] == {"password_file": str(file)}


@pytest.mark.parametrize("file", ["/nonexistent/secret", 5, "\0"])
def test_an_unreadable_secret_file_is_a_problem(file: object) -> None:
    problems: list[str] = []
    read_secrets({"accounts": {"a": {"password_file": file}}}, _Root, problems)
    (problem,) = problems
    assert problem.startswith(f"accounts.a.password_file must be a readable file, got {file!r}: ")


def test_a_secret_and_its_file_exclude_each_other(tmp_path: Path) -> None:
    problems: list[str] = []
    read_secrets({"account": {"password": "a", "password_file": "b"}}, _Root, problems)
    assert problems == ["account.password_file must be absent when password is set, got 'b'."]


def test_only_secrets_have_files() -> None:
    with pytest.raises(ConfigError, match="A setting of api must be like"):
        loads("api: {host_file: x}\ndetectors: {d: {input: {topic: t, features: [x]}}}")
