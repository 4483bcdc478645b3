"""The three-way comparison: what is written, what stands already, what is somebody else's."""

from __future__ import annotations

import pytest

from adapters.tryton.edits import Contested, Edit, Gone, Unwritable, edit_of
from hub.ports.writing import FieldChange, Operation, WriteCommand
from hub.records.identity import Entity, ExternalId
from hub.records.source import JsonObject

PARTY: JsonObject = {
    "id": 2,
    "name": "Jan  de Vries ",
    "_timestamp": "1.000001",
    "contact_mechanisms": [{"id": 5, "value": "jan@example.org", "name": None, "_timestamp": "2.000002"}],
    "addresses": [{"id": 9, "city": "Delft", "postal_code": None, "_timestamp": "3.000003"}],
}
MEDIUM = ("contact_media", "5", "value")


def command(*changes: FieldChange) -> WriteCommand:
    return WriteCommand("key", Entity.CUSTOMER, Operation.UPDATE, ExternalId("2"), changes)


def test_the_old_value_is_replaced_under_its_timestamp() -> None:
    assert edit_of(command(FieldChange(MEDIUM, "jan@example.org", "j@example.org")), PARTY) == Edit(
        2,
        {"contact_mechanisms": [("write", (5,), {"value": "j@example.org"})]},
        {"party.contact_mechanism,5": "2.000002"},
    )


def test_changes_of_party_and_children_become_one_write() -> None:
    changes = (
        FieldChange(("name",), "Jan de Vries", "Jan de Wit"),
        FieldChange(("addresses", "9", "postal_code"), None, "1234 AB"),
        FieldChange(("addresses", "9", "locality"), "Delft", "Den Haag"),
    )

    assert edit_of(command(*changes), PARTY) == Edit(
        2,
        {"name": "Jan de Wit", "addresses": [("write", (9,), {"postal_code": "1234 AB", "city": "Den Haag"})]},
        {"party.party,2": "1.000001", "party.address,9": "3.000003"},
    )


@pytest.mark.parametrize("old", ["somebody@example.org", "j@example.org", None])
def test_a_value_that_stands_already_is_not_written(old: str | None) -> None:
    assert edit_of(command(FieldChange(MEDIUM, old, "jan@example.org")), PARTY) == Edit(2, {}, {})


def test_another_value_is_contested() -> None:
    change = FieldChange(MEDIUM, "old@example.org", "new@example.org")

    assert edit_of(command(change), PARTY) == Contested(MEDIUM)


@pytest.mark.parametrize("party", [None, {**PARTY, "contact_mechanisms": []}])
def test_what_does_not_exist_is_gone(party: JsonObject | None) -> None:
    assert edit_of(command(FieldChange(MEDIUM, "jan@example.org", "j@example.org")), party) == Gone()


@pytest.mark.parametrize("path", [("birth_date",), ("contact_media", "5", "kind"), ("contact_media", "x", "value")])
def test_other_fields_are_unwritable(path: tuple[str, ...]) -> None:
    assert edit_of(command(FieldChange(path, None, "new")), PARTY) == Unwritable(path)
