"""What an export writes is what a run reads, whatever the text."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.files import FileFormat, write_export
from hub.records.source import JsonValue
from tests.adapters.files.drops import BEGAN, CUSTOMER, WITH_MEDIA, open_port, pull_one

# Surrogates are no characters. An empty CSV cell reads as None.
TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
VALUE = st.none() | TEXT
AWKWARD = st.sampled_from(['"', '""', "a,b", "a;b", "\r\n", "\n", "\r", "\0", "\u2028", "\ufeff", " x ", "=1+1", "\t"])
CELL = VALUE | AWKWARD
CHILD = st.fixed_dictionaries({"value": CELL, "label": CELL})
CUSTOMERS = st.lists(
    st.fixed_dictionaries({"name": CELL, "city": CELL, "contact_media": st.lists(CHILD, max_size=3)}), max_size=6
)


@pytest.mark.parametrize("format, delimiter", [(FileFormat.CSV, ","), (FileFormat.CSV, ";"), (FileFormat.JSONL, ",")])
@settings(max_examples=25, deadline=None)
@given(customers=CUSTOMERS)
def test_exported_rows_come_back_unchanged(
    format: FileFormat, delimiter: str, customers: list[dict[str, JsonValue]]
) -> None:
    rows = [_with_ids(str(number), customer) for number, customer in enumerate(customers)]

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write_export(root, CUSTOMER, rows, BEGAN, BEGAN, format, WITH_MEDIA, delimiter=delimiter)
        pulled = asyncio.run(pull_one(open_port(root, WITH_MEDIA, max_record_bytes=4096), limit=2))

    assert pulled.unreadable == []
    assert [one.body for one in pulled.objects] == rows


def _with_ids(external_id: str, customer: dict[str, JsonValue]) -> dict[str, JsonValue]:
    media = customer["contact_media"]
    assert isinstance(media, list)
    numbered = [{"id": f"{number}", **child, "customer_id": external_id} for number, child in enumerate(media)]
    return {"id": external_id, **customer, "contact_media": numbered}
