"""What is wrong with a file is told with the line."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.errors import Invalid
from hub.matching.person import Field
from hub.matching.records_file import RecordsFile

HEADERS = {Field.ID: "nr", Field.FAMILY_NAME: "last"}


def rows_of(tmp_path: Path, content: str | bytes, headers: dict[Field, str] | None = None) -> list[tuple[str, str]]:
    path = tmp_path / "people.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    file = RecordsFile(path, HEADERS if headers is None else headers)
    return [(row.id, row.written.family_name) for row in file.rows()]


def test_reads_the_columns_that_were_named(tmp_path: Path) -> None:
    assert rows_of(tmp_path, "nr, first, last\n1,Jan,Smit\n\n2,Piet,  Vos \n") == [("1", "Smit"), ("2", "Vos")]


def test_sees_the_delimiter_and_the_byte_order_mark(tmp_path: Path) -> None:
    assert rows_of(tmp_path, "\ufeffnr;last\n1;Smit, J.\n") == [("1", "Smit, J.")]


def test_joins_parts_of_a_value(tmp_path: Path) -> None:
    headers = {Field.ID: "nr", Field.FAMILY_NAME: "prefix+last"}
    assert rows_of(tmp_path, "nr,last,prefix\n1,Berg,van den\n", headers) == [("1", "van den Berg")]


def test_takes_columns_with_the_fields_own_names(tmp_path: Path) -> None:
    assert rows_of(tmp_path, "id,family_name,x\n1,Smit,\n", {}) == [("1", "Smit")]


@pytest.mark.parametrize(
    "content, message",
    [
        ("", "line 1: is empty"),
        ("nr,first\n1,Jan\n", "line 1: has no column 'last' .wanted for family_name.; it has nr, first"),
        ("nr,last,last\n1,a,b\n", "line 1: has 2 columns 'last'"),
        ("nr,last\n1,Smit\n2\n", "line 3: 1 values where the header has 2"),
        ("nr,last\n1,Smit\n,Vos\n", "line 3: has no id"),
        ('nr,last\n1,"Smit\nJ"\n2,Vos\n1,Bos\n', "line 5: the id of line 2 again"),
        ("nr,last\n1," + "x" * 20_000 + "\n", "line 2: field larger than field limit"),
    ],
)
def test_names_the_line_that_is_wrong(tmp_path: Path, content: str | bytes, message: str) -> None:
    with pytest.raises(Invalid, match=message):
        rows_of(tmp_path, content)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252", "latin-1"])
def test_sees_the_encoding_and_forgives_empty_values_beyond_the_header(tmp_path: Path, encoding: str) -> None:
    assert rows_of(tmp_path, "nr,last\n1,Müller,,\n".encode(encoding)) == [("1", "Müller")]


def test_an_encoding_that_was_named_is_not_guessed_away(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(b"nr,last\n1,Smit\n2,M\xfcller\n")
    with pytest.raises(Invalid, match="line 3: is not utf-8; name the file's own with --encoding"):
        list(RecordsFile(path, HEADERS, "utf-8").rows())


def test_asks_for_an_id_and_something_to_compare(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="which column is the id"):
        rows_of(tmp_path, "nr,last\n1,Smit\n", {Field.FAMILY_NAME: "last"})
    with pytest.raises(Invalid, match="which columns to compare by"):
        rows_of(tmp_path, "nr,last\n1,Smit\n", {Field.ID: "nr"})
    with pytest.raises(Invalid, match="cannot be read"):
        list(RecordsFile(tmp_path / "none.csv", HEADERS).rows())
