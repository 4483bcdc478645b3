"""The demonstration's mapping of customers knows who is gold, and takes everybody else as well."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub.mapping.compile import load_mapping
from hub.records.customer import CustomerRecord, RelationRecord
from hub.records.enums import RelationKind
from hub.records.source import JsonObject

MAPPING = load_mapping(Path(__file__).parents[2] / "examples" / "demo" / "mappings" / "crm-customer.yaml")
PARTY: JsonObject = {"id": 7, "name": "Sanne", "code": "WL-1", "active": True, "langs": [], "contact_mechanisms": []}


@pytest.mark.parametrize(
    ("groups", "status"),
    [
        *((["Goud"], "gold"), (["Zilver"], "silver"), (["Zilver", "Goud"], "gold"), ([], None), (None, None)),
        *((["Waarde A"], None), (["Waarde A", "Zilver"], "silver"), (["Leverancier"], None)),
    ],
)
def test_the_loyalty_group_is_the_status(groups: list[str] | None, status: str | None) -> None:
    categories = None if groups is None else [{"name": name} for name in groups]
    record = MAPPING.record_of({**PARTY, "addresses": [], "categories": categories})
    assert isinstance(record, CustomerRecord)
    assert (record.name, record.status) == ("Sanne", status)


def test_the_class_of_value_and_the_household_come_along() -> None:
    relation: JsonObject = {
        "id": 4,
        "to": 8,
        "type": {"name": "Huisgenoot"},
        "start_date": None,
        "end_date_after": None,
    }
    party: JsonObject = {
        **PARTY,
        "addresses": [],
        "categories": [{"name": "Goud"}, {"name": "Waarde B"}],
        "relations": [relation],
    }
    record = MAPPING.record_of(party)
    assert isinstance(record, CustomerRecord)
    assert (record.status, record.value_class) == ("gold", "B")
    assert record.relations == (
        RelationRecord(external_id="4", kind=RelationKind.HOUSEHOLD, to="8", label="Huisgenoot"),
    )
