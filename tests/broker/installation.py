"""Finds Java and Maven, and fetches Kafka's jars once per checkout."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from xml.etree import ElementTree

POM = Path(__file__).with_name("pom.xml")
FETCHED = Path(__file__).parents[2] / ".cutstream"
"""Where the jars go; git ignores it."""
OLDEST_JAVA = 17


class BrokerFault(RuntimeError):
    """No broker can be had, or one did not do what it was told."""


def java_version(banner: str) -> int | None:
    """The feature release in what `java -version` prints, such as 17; None if there is none."""
    found = re.search(r'version "(\d+)(?:\.(\d+))?', banner)
    if found is None:
        return None
    first, second = found.groups()
    return int(second) if first == "1" and second else int(first)


def find_java(environment: Mapping[str, str] = os.environ) -> str | None:
    """The path of a Java that is new enough: that of JAVA_HOME, else the first on the path."""
    home = environment.get("JAVA_HOME")
    places = ([str(Path(home, "bin"))] if home else []) + [environment.get("PATH", os.defpath)]
    for place in places:
        java = shutil.which("java", path=place)
        if java and (_version_of(java) or 0) >= OLDEST_JAVA:
            return java
    return None


def can_run_kafka(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether this machine has what a broker needs."""
    maven = shutil.which("mvn", path=environment.get("PATH", os.defpath))
    return maven is not None and find_java(environment) is not None


def kafka_version() -> str:
    """The version that pom.xml names."""
    version = ElementTree.parse(POM).findtext(".//dependency/version")
    assert version is not None
    return version


def jars() -> Path:
    """The folder of Kafka's jars, fetched by Maven if need be. Raises BrokerFault."""
    folder = FETCHED / f"kafka-{kafka_version()}"
    FETCHED.mkdir(exist_ok=True)
    # Of several test runs that begin at once, one fetches and the others wait for it.
    with (FETCHED / "kafka.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            _fetch(folder)
    return folder


def _fetch(folder: Path) -> None:
    fresh = Path(mkdtemp(prefix="kafka-", dir=FETCHED))
    command = ["mvn", "-q", "-B", "-f", str(POM), "dependency:copy-dependencies"]
    try:
        fetched = subprocess.run(
            [*command, f"-DoutputDirectory={fresh}"], capture_output=True, text=True, check=False
        )
        if fetched.returncode != 0:
            raise BrokerFault(f"Maven must fetch Kafka's jars, got:\n{fetched.stdout[-4000:]}")
        # A half-filled folder never bears the final name.
        fresh.rename(folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


@cache
def _version_of(java: str) -> int | None:
    answer = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)
    return java_version(answer.stderr + answer.stdout)
