"""`hub match`: who is who in CSV files, decided by the hub's recognition without any label."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from hub.entrypoints.match_files import match_files, write_pairs
from hub.errors import Invalid
from hub.matching.person import Field
from hub.matching.records_file import RecordsFile

application = typer.Typer()
_FIELDS = ", ".join(Field)


@application.command("match")
def match(
    records: Annotated[Path, typer.Option("--input", help="A CSV file whose first line names its columns.")],
    output: Annotated[Path, typer.Option(help="Where the pairs are written: id_a,id_b,probability.")],
    column: Annotated[
        list[str] | None, typer.Option(help=f"FIELD=HEADER, once per field. FIELD is one of {_FIELDS}.")
    ] = None,
    other: Annotated[
        Path | None, typer.Option("--with", help="A second file; pairs are then one record of each file.")
    ] = None,
    with_column: Annotated[
        list[str] | None, typer.Option(help="FIELD=HEADER where the second file's header differs.")
    ] = None,
    encoding: Annotated[str | None, typer.Option(help="Of the files; default: what their bytes show.")] = None,
    more: Annotated[list[str] | None, typer.Argument(metavar="[FIELD=HEADER]...", help="More columns.")] = None,
) -> None:
    """Find the records that are the same person and write each pair with its probability. Needs no labels.

    Without any --column the columns must bear the fields' names. Parts of a value in several columns are joined by +,
    as in birth_date=year+month+day.

    Example: hub match --input people.csv --column id=nr --column given_name=first --column family_name=last
    --column birth_date=born --output pairs.csv
    """
    named = [*(column or ()), *(more or ())]
    headers = headers_of(named)
    files = [RecordsFile(records, headers, encoding)]
    if other is not None:
        files.append(RecordsFile(other, headers | headers_of(with_column or ()), encoding))
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=console.is_terminal) as progress:
        task = progress.add_task("Reading", total=1.0)
        outcome = match_files(files, lambda what, share: progress.update(task, description=what, completed=share))
    write_pairs(outcome, output)
    console.print(
        f"{len(outcome.ids):,} records, {outcome.matches.compared:,} pairs compared, "
        f"{len(outcome.matches.pairs):,} matches written to {output}"
    )


def headers_of(columns: Sequence[str]) -> dict[Field, str]:
    """FIELD=HEADER as given; Invalid for an unknown field or one given twice."""
    headers: dict[Field, str] = {}
    for column in columns:
        name, equals, header = column.partition("=")
        if not equals or not header.strip():
            raise Invalid(f"--column {column!r}: write it as FIELD=HEADER")
        if name not in set(Field):
            raise Invalid(f"--column {column!r}: there is no field {name!r}; there are {_FIELDS}")
        if Field(name) in headers:
            raise Invalid(f"--column {column!r}: {name} was given before; join columns with + where it has parts")
        headers[Field(name)] = header.strip()
    return headers
