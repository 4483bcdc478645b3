"""The fake package's mapping: every part that a customer can have comes through it."""

from __future__ import annotations

from pathlib import Path

import adapters.memory
from hub.mapping.compile import load_mapping
from hub.records.customer import ContactMediumRecord, CustomerRecord, FieldStamp, PostalAddressRecord, RelationRecord
from hub.records.enums import CustomerField, MediumKind, RelationKind
from tests.flows.building import at

WHOLE = CustomerRecord(
    name="Mia",
    tone="informal",
    preferred_channel="email",
    value_class="A",
    lifetime_value="1250.5 EUR",
    contact_media=(
        ContactMediumRecord(external_id="1", kind=MediumKind.EMAIL, value="mia@example.com", valid_from=at(0)),
    ),
    addresses=(PostalAddressRecord(external_id="1", street="Kerkstraat", valid_from=at(0), valid_to=at(9)),),
    changed=(FieldStamp(field=CustomerField.NAME, at=at(1)), FieldStamp(field=CustomerField.TONE, at=at(2))),
    relations=(RelationRecord(external_id="1", kind=RelationKind.GROUP, to="7", label="choir", valid_to=at(9)),),
)


def test_validity_relations_and_preferences_are_mapped() -> None:
    mapping = load_mapping(Path(adapters.memory.__file__).with_name("mappings") / "customer.yaml")
    assert mapping.record_of(WHOLE.model_dump(mode="json", exclude_defaults=True)) == WHOLE
