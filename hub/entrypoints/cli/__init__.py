"""The command `hub`."""

from __future__ import annotations

import sys

from rich.console import Console

from hub.entrypoints.cli.application import application
from hub.errors import HubError


def main() -> None:
    """Run the command line; an error of the hub ends with its message and status 1, never with a traceback."""
    try:
        application(sys.argv[1:])()
    except HubError as error:
        Console(stderr=True, soft_wrap=True).print(f"[red]{error.code}[/red] {error.message}", highlight=False)
        sys.exit(1)
