"""The commands of `hub`, and what is imported for one."""

from __future__ import annotations

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from hub.entrypoints.cli.application import COMMANDS, application


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_stands_in_the_module_that_is_imported_for_it(command: str) -> None:
    told = CliRunner().invoke(application([command]), [command, "--help"])
    assert (told.exit_code, f"Usage: hub {command}" in told.output) == (0, True)


@pytest.mark.parametrize("words", [[], ["--help"], ["flws"]])
def test_without_a_command_all_of_them_are_known(words: list[str]) -> None:
    told = CliRunner().invoke(application(words), ["--help"])
    assert [name for name in COMMANDS if f"│ {name} " not in told.output] == []


def test_a_mistyped_command_is_told_what_it_may_have_meant() -> None:
    told = CliRunner().invoke(application(["flws"]), ["flws"])
    assert (told.exit_code, "Did you mean 'flows'?" in told.output) == (2, True)


def test_only_what_serves_graphql_imports_it() -> None:
    script = f"""
import sys
from hub.entrypoints.cli.application import application
for command in {list(COMMANDS)}:
    if command not in ("up", "serve", "schema"):
        application([command])
print([name for name in ("strawberry", "starlette", "uvicorn") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
