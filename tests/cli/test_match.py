"""`hub match` from file to file, on the PostgreSQL that comes along."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from benchmarks.people.labelled import labelled_people
from hub.entrypoints.cli.application import application
from hub.errors import Invalid
from hub.matching.person import Written


def run(*arguments: str) -> Result:
    return CliRunner().invoke(application(["match"]), ["match", *arguments])


def test_pairs_of_one_file_are_written_with_their_probability(tmp_path: Path) -> None:
    people = labelled_people(200, seed=2)
    source, output = tmp_path / "people.csv", tmp_path / "pairs.csv"
    with source.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(("nr", *Written._fields))
        writer.writerows((one.id, *one.written) for one in people)
    columns = [f"--column={field}={field}" for field in Written._fields[1:]]
    said = run("--input", str(source), "--output", str(output), "--column=id=nr", *columns, "given_name=given_name")
    assert said.exit_code == 0, said.output
    assert "200 records" in said.output
    with output.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    label = {one.id: one.person for one in people}
    assert list(rows[0]) == ["id_a", "id_b", "probability"]
    assert sum(label[row["id_a"]] == label[row["id_b"]] for row in rows) > 0.9 * len(rows) > 20
    chances = [float(row["probability"]) for row in rows]
    assert chances == sorted(chances, reverse=True)
    assert chances[-1] >= 0.5


@pytest.mark.parametrize(
    "column, message",
    [
        ("name=x", "there is no field 'name'"),
        ("id", "write it as FIELD=HEADER"),
        ("id=other", "id was given before"),
        ("email=mail", "line 1: has no column 'mail'"),
    ],
)
def test_a_wrong_column_is_told_and_nothing_is_written(tmp_path: Path, column: str, message: str) -> None:
    source, output = tmp_path / "people.csv", tmp_path / "pairs.csv"
    source.write_text("nr,last\n1,Smit\n", encoding="utf-8")
    said = run("--input", str(source), "--output", str(output), "--column=id=nr", "--column", column)
    assert isinstance(said.exception, Invalid)
    assert message in said.exception.message
    assert not output.exists()
