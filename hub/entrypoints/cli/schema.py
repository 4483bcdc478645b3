"""`hub schema export`, `hub schema changes` and `hub schema config`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console

from hub.entrypoints.wiring import InstalledAdapters
from hub.settings.json_schema import configuration_schema
from schema.changes import RELEASED, Effect, accepted_changes, changes, written
from schema.sdl import export_sdl, export_subgraph

application = typer.Typer(name="schema", help="The schemas other tools read.", no_args_is_help=True)


@application.command("export")
def export(
    path: Annotated[Path, typer.Option(help="Where the SDL is written.")] = Path("schema/schema.graphql"),
    *,
    subgraph: Annotated[bool, typer.Option(help="With the keys that a gateway composes it by.")] = False,
) -> None:
    """Write the GraphQL schema in SDL, from the code.

    Example: hub schema export --path contacthub.graphql --subgraph
    """
    path.write_text(export_subgraph() if subgraph else export_sdl(), encoding="utf-8")
    Console().print(f"Wrote {path}.")


@application.command("changes")
def changes_(
    since: Annotated[Path, typer.Option(help="SDL of the schema that clients were written against.")] = RELEASED,
) -> None:
    """Print in Markdown what changed since a schema: what breaks clients, what to look at, what was added.

    Ends with status 1 when something breaks them that is not accepted. Example: hub schema changes --since mine.graphql
    """
    found = changes(since.read_text(encoding="utf-8"), export_sdl(), accepted_changes())
    print(written(found), end="")
    if any(each.effect is Effect.BREAKING and each.reason is None for each in found):
        raise typer.Exit(1)


@application.command("config")
def config() -> None:
    """Print the JSON Schema of hub.yaml with the options of the installed adapters, for editors.

    Example: hub schema config > hub.schema.json
    """
    print(orjson.dumps(configuration_schema(InstalledAdapters()), option=orjson.OPT_INDENT_2).decode())
