"""Every kind of mistake in hub.yaml is told with its line, what is wrong, and what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.errors import Misconfigured
from hub.settings.configuration import load_configuration
from tests.settings.installed import ADAPTERS, ENVIRONMENT, HERE

FILES = sorted((HERE / "mistakes").glob("*.yaml"))


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_mistake_is_told_at_its_line(file: Path) -> None:
    with pytest.raises(Misconfigured) as caught:
        load_configuration(file, ADAPTERS, ENVIRONMENT)
    told = [
        str(finding).replace(f"{file}:", "").replace(str(file.parent), "FOLDER") for finding in caught.value.findings
    ]
    lines = file.read_text(encoding="utf-8").splitlines()
    assert told == [line.removeprefix("#: ") for line in lines if line.startswith("#: ")]


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as caught:
        load_configuration(tmp_path / "hub.yaml", ADAPTERS, ENVIRONMENT)
    assert caught.value.message == (
        f"{tmp_path}/hub.yaml:1: cannot be read: No such file or directory "
        "(create it, or set HUB_CONFIG or the path that names it)"
    )


def test_a_file_in_another_encoding_is_told(tmp_path: Path) -> None:
    file = tmp_path / "hub.yaml"
    file.write_bytes("company: Café".encode("latin-1"))
    with pytest.raises(Misconfigured) as caught:
        load_configuration(file, ADAPTERS, ENVIRONMENT)
    assert caught.value.message == f"{file}:1: is not UTF-8 text (save the file as UTF-8)"
