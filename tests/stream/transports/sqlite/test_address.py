"""URLs of the SQLite log."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.errors import InvalidParameter
from stream.errors import TransportError
from stream.transports import connect
from stream.transports.sqlite import SqliteTransport
from stream.transports.sqlite.address import Address, parse


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("sqlite:///relative.db", Address("relative.db")),
        ("sqlite:///data/log.db", Address("data/log.db")),
        ("sqlite:////srv/log.db", Address("/srv/log.db")),
        ("sqlite:////srv/my%20log.db", Address("/srv/my log.db")),
        ("sqlite:///a.db?synchronous=full", Address("a.db", "full")),
        ("sqlite:///a.db?timeout=0.5&synchronous=normal", Address("a.db", "normal", 0.5)),
    ],
)
def test_a_good_url_is_read(url: str, address: Address) -> None:
    assert parse(url) == address


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("sqlite://", r"'url' .* must be sqlite:///relative.db or .*, got 'sqlite://'"),
        ("sqlite:///", "'url'"),
        ("sqlite://host/log.db", "'url'"),
        ("sqlite:///a.db#part", "'url'"),
        ("sqlite:///:memory:", "'url'"),
        ("sqlite:///a.db?mode=ro", "'query' .* 'synchronous' and 'timeout', got 'mode'"),
        ("sqlite:///a.db?synchronous=off", "'synchronous' .* 'normal' or 'full', got 'off'"),
        ("sqlite:///a.db?timeout=soon", "'timeout' .* from 0 to 3600 seconds, got 'soon'"),
        ("sqlite:///a.db?timeout=-1", "'timeout'"),
        ("sqlite:///a.db?timeout=nan", "'timeout'"),
        ("redis://localhost", "'url' of the transport must be sqlite:///"),
        ("log.db", "'url' of the transport"),
    ],
)
def test_a_bad_url_is_refused(url: str, sentence: str) -> None:
    with pytest.raises(InvalidParameter, match=sentence):
        connect(url)


def test_synchronous_reaches_the_database(tmp_path: Path) -> None:
    for name, number in (("normal", 1), ("full", 2)):
        transport = SqliteTransport(f"sqlite:///{tmp_path}/log.db?synchronous={name}")
        assert transport._writer.query("PRAGMA synchronous") == [(number,)]
        transport.close()


def test_a_relative_path_starts_at_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    connect("sqlite:///here.db").close()
    assert (tmp_path / "here.db").exists()


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(TransportError, match=r"must exist, got no folder '.*/nowhere'"):
        connect(f"sqlite:///{tmp_path}/nowhere/log.db")
