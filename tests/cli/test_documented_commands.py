"""The commands that the documents print are those of `hub`, with their options; the quick start lists them all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
import typer
from typer.core import TyperGroup

from hub.entrypoints.cli.application import COMMANDS, application

ROOT: Final = Path(__file__).parents[2]
DOCUMENTS: Final = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
PRINTED: Final = re.compile(r"`hub ([^`\n]+)`|^(?:\$ )?hub ([^\n]+)$", re.MULTILINE)
WORD: Final = re.compile(r"[a-z][a-z-]*")
OPTION: Final = re.compile(r"(--[a-z-]+)")


@pytest.fixture(scope="module")
def hub() -> TyperGroup:
    command = typer.main.get_command(application([]))
    assert isinstance(command, TyperGroup)
    return command


def printed(document: Path) -> Iterator[list[str]]:
    """The words behind `hub` of each command line; a sentence about the hub does not begin with a command's name."""
    for in_text, in_block in PRINTED.findall(document.read_text(encoding="utf-8")):
        words = (in_text or in_block).partition("#")[0].split()
        if words and words[0] in COMMANDS:
            yield words


def mistakes(hub: TyperGroup, words: list[str]) -> list[str]:
    """The first word that names no command where one is wanted, and the options that the command has not."""
    commands, parameters, rest = hub.commands, hub.params, list(words)
    while commands and rest and WORD.fullmatch(rest[0]):
        found = commands.get(rest[0])
        if found is None:
            return [rest[0]]
        commands, parameters = found.commands if isinstance(found, TyperGroup) else {}, found.params
        rest = rest[1:]
    known = {name for parameter in parameters for name in parameter.opts} | {"--help"}
    return [option for option in OPTION.findall(" ".join(rest)) if option not in known]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_a_printed_command_exists_with_its_options(hub: TyperGroup, document: Path) -> None:
    assert [(words, wrong) for words in printed(document) if (wrong := mistakes(hub, words))] == []


def test_what_does_not_exist_is_found(hub: TyperGroup) -> None:
    assert mistakes(hub, ["migration", "hurry"]) == ["hurry"]
    assert mistakes(hub, ["work", "--quickly"]) == ["--quickly"]
    assert mistakes(hub, ["work", "list", "--state", "UNKNOWN"]) == []


def test_the_quick_start_lists_every_command() -> None:
    text = (ROOT / "docs" / "quickstart.md").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f"\n| `hub {name}" not in text] == []
