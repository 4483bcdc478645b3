"""Every command of `hub`, each with an example in its help."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Final

import typer

COMMANDS: Final[Mapping[str, str]] = {
    "up": "processes",
    "serve": "processes",
    "work": "stuck_work",
    "check": "check",
    "systems": "check",
    "probe": "probe",
    "flows": "flows",
    "run": "flows",
    "match": "match",
    "token": "token",
    "migrate-db": "store",
    "restored": "store",
    "recognition": "recognition",
    "migration": "migration",
    "schema": "schema",
    "contract": "contract",
    "quarantine": "quarantine",
    "outbound": "outbound",
    "audit": "audit",
    "keys": "keys",
    "rules": "rules",
}
"""The module of this folder that each command stands in, in the order of the help."""


def application(words: Sequence[str]) -> typer.Typer:
    """`hub` with the module of the command that `words` begin with, and with all of them when they name none.

    Importing everything takes a second, most of it for GraphQL, which no command but those that serve it needs.
    """
    hub = typer.Typer(
        name="hub",
        help="Contacthub: one customer view over a company's packages, and the flows between them.",
        epilog="Settings come from HUB_... variables (docs/configuration.md); systems and flows from hub.yaml.",
        callback=_hub,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
    )
    called = [COMMANDS[word] for word in words[:1] if word in COMMANDS]
    for module in called or dict.fromkeys(COMMANDS.values()):
        commands: typer.Typer = import_module(f"{__package__}.{module}").application
        hub.add_typer(commands)
    return hub


def _hub() -> None:
    """Nothing of its own: its presence makes the first word name a command also where there is only one."""
