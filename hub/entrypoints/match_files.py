"""Recognise the persons of CSV files on a PostgreSQL of the run's own, which leaves nothing of them behind."""

from __future__ import annotations

import asyncio
import csv
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

import asyncpg

from hub.embedded.postgres import EmbeddedPostgres
from hub.errors import Invalid
from hub.matching.match import Known, Matches, Strangers, Told, know, match, meet_strangers
from hub.matching.normalise import normalise, notation_of
from hub.matching.person import Person
from hub.matching.records_file import RecordsFile, Row

SAMPLE: Final = 5000
"""So many first rows tell how a file writes its dates and names."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """`ids` of all records, one file behind the other; `matches` numbers them."""

    ids: Sequence[str]
    matches: Matches


def match_files(files: Sequence[RecordsFile], told: Told) -> Outcome:
    """One file against itself, or a second one against the first. Invalid when a file cannot be read."""
    ids: list[str] = []
    told("Starting PostgreSQL", 0.0)
    with (
        tempfile.TemporaryDirectory(prefix="hub-match-") as folder,
        ThreadPoolExecutor(1) as pool,
    ):
        # The server takes a second or two to start, in which the files are read.
        reading = pool.submit(_taken_in, files, ids, told)
        strangers = pool.submit(lambda: meet_strangers(reading.result()))
        with EmbeddedPostgres(Path(folder) / "postgres", durable=False) as postgres:
            known = reading.result()
            return Outcome(ids, asyncio.run(_matched(postgres.libpq("postgres"), known, told, strangers)))


async def _matched(dsn: str, known: Known, told: Told, strangers: Future[Strangers]) -> Matches:
    connection = await asyncpg.connect(dsn)
    try:
        return await match(connection, known, told, strangers=strangers)
    finally:
        await connection.close()


def _taken_in(files: Sequence[RecordsFile], ids: list[str], told: Told) -> Known:
    splits: list[int] = []

    def persons() -> Iterator[Person]:
        for file in files:
            splits.append(len(ids))
            told(f"Reading {file.path.name}", 0.0)
            for row, person in _persons(file):
                ids.append(row.id)
                yield person

    return know(persons(), lambda: splits[1] if len(files) > 1 else None)


def _persons(file: RecordsFile) -> Iterator[tuple[Row, Person]]:
    rows = file.rows()
    first = list(islice(rows, SAMPLE))
    notation = notation_of([row.written for row in first])
    for source in (first, rows):
        for row in source:
            yield row, normalise(row.written, notation)


def write_pairs(outcome: Outcome, path: Path) -> None:
    """`id_a,id_b,probability`, likeliest first; the file appears when it is whole."""
    half = path.with_name(f"{path.name}.part")
    try:
        with half.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, lineterminator="\n")
            writer.writerow(("id_a", "id_b", "probability"))
            for (left, right), probability in sorted(outcome.matches.pairs, key=lambda row: (-row[1], row[0])):
                writer.writerow((outcome.ids[left], outcome.ids[right], f"{probability:.6f}"))
        half.replace(path)
    except OSError as error:
        raise Invalid(f"{path} cannot be written: {error.strerror}") from None
