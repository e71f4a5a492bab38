"""Compiles the driver, once per content of its sources."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from xml.etree import ElementTree

HERE = Path(__file__).parent
BUILT = HERE / "build"
"""Git ignores it."""


@cache
def missing() -> str | None:
    """Why AWS Java cannot be measured here; None if it can."""
    absent = [name for name in ("java", "javac", "mvn") if shutil.which(name) is None]
    if absent:
        return f"AWS Java is left out: {' and '.join(absent)} must be on the path"
    try:
        class_path()
    except RuntimeError as error:
        return f"AWS Java is left out: {error}"
    return None


def version() -> str:
    """The version of AWS's packages that pom.xml names."""
    space = "{*}"
    path = f".//{space}dependency/{space}version"
    return ElementTree.parse(HERE / "pom.xml").findtext(path) or "unknown"


def class_path() -> str:
    """Where Java finds the driver and what it needs; both are built if need be. Raises RuntimeError."""
    sources = [HERE / "pom.xml", *sorted((HERE / "src").glob("*.java"))]
    content = hashlib.sha256(b"\0".join(path.read_bytes() for path in sources)).hexdigest()[:16]
    folder = BUILT / content
    if not folder.exists():
        BUILT.mkdir(exist_ok=True)
        fresh = Path(mkdtemp(dir=BUILT))
        try:
            _build(fresh, [str(path) for path in sources[1:]])
            # A half-built folder never bears the final name.
            fresh.rename(folder)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    return f"{folder / 'classes'}:{folder / 'jars'}/*"


def _build(folder: Path, sources: list[str]) -> None:
    jars = folder / "jars"
    fetch = ["mvn", "-q", "-B", "-f", str(HERE / "pom.xml"), "dependency:copy-dependencies"]
    _run([*fetch, f"-DoutputDirectory={jars}"])
    options = ["-Xlint:all", "-Werror", "-cp", f"{jars}/*", "-d", str(folder / "classes")]
    _run(["javac", *options, *sources])


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = (done.stdout + done.stderr)[-4000:]
        raise RuntimeError(f"{command[0]} must build its driver, got:\n{said}")
