"""The settings of the schema registry."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Annotated, Self

from pydantic import Field, SecretStr, model_validator

from stream.registry.options import RegistryOptions
from stream.settings.fields import Number, matching
from stream.settings.section import Section, refusal
from stream.settings.task import Configured

_URL = re.compile(r"https?://[^\s/,][^\s,]*(,https?://[^\s/,][^\s,]*)*")
_URL_RULE = "an http or https URL such as http://host:8081, or several with commas between them"
RegistryUrl = Annotated[str, matching(_URL, _URL_RULE)]


class RegistrySettings(Section):
    """Where the schemas of Avro, JSON Schema and Protobuf records are kept."""

    url: RegistryUrl | None = Field(
        default=None,
        description=(
            "URL of the schema registry, or several with commas between them; required by every "
            "`format` but json."
        ),
    )
    username: str | None = Field(
        default=None, min_length=1, description="For basic authentication, with `password`."
    )
    password: SecretStr | None = Field(
        default=None,
        description="For basic authentication. `password_file` names a file that holds it.",
    )
    ca_file: str | None = Field(
        default=None,
        min_length=1,
        description=(
            "PEM file of the authorities that the registry's certificate must come from; null "
            "takes those of the system."
        ),
    )
    timeout: Number = Field(
        default=10, gt=0, le=300, description="Seconds that one request may take."
    )
    auto_register: bool = Field(
        default=True,
        description=(
            "Whether the schemas of outputs are registered at start as `<topic>-value`; if not, "
            "they must be there already."
        ),
    )

    @model_validator(mode="after")
    def _both_or_neither(self) -> Self:
        if self.username is not None and self.password is None:
            raise refusal("password", "set when username is", None)
        if self.password is not None and self.username is None:
            raise refusal("username", "set when password is", None)
        return self

    def options(self) -> RegistryOptions | None:
        """What a connection is told; None where there is no registry."""
        if self.url is None:
            return None
        return RegistryOptions(
            url=self.url,
            username=self.username,
            password=None if self.password is None else self.password.get_secret_value(),
            ca_file=self.ca_file,
            timeout=self.timeout,
            auto_register=self.auto_register,
        )


def format_in_need(tasks: Sequence[Configured]) -> str | None:
    """The first setting that needs a registry, as `detectors.water.input.format is avro`."""
    return next(_needs(tasks), None)


def _needs(tasks: Sequence[Configured]) -> Iterator[str]:
    for task in tasks:
        for role, form in task.settings.formats().items():
            if form != "json":
                yield f"{task.path}.{role}.format is {form}"
