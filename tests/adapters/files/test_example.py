"""The example under examples/files works as it is written."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from adapters.files import ADAPTER, FilesOptions, FilesPort
from examples.files.deliver import LAYOUT, deliver
from hub.records.customer import ContactMediumRecord, CustomerRecord, PostalAddressRecord
from hub.records.enums import MediumKind, PartyKind
from hub.records.identity import Entity, SystemName
from hub.settings.configuration import load_configuration
from tests.adapters.files.drops import BEGAN, pull_one

CRM = SystemName("crm")
EXAMPLE = Path(__file__).parents[3] / "examples" / "files"


async def test_the_example_delivery_becomes_canonical_customers(tmp_path: Path) -> None:
    configuration = load_configuration(EXAMPLE / "hub.yaml", {"files": ADAPTER}, {"DROP_FOLDER": str(tmp_path)})
    options = configuration.systems[CRM].options
    assert isinstance(options, FilesOptions)
    assert options.entities[Entity.CUSTOMER] == LAYOUT
    deliver(tmp_path, BEGAN)

    pulled = await pull_one(FilesPort(CRM, options))

    mapping = configuration.mappings[CRM, Entity.CUSTOMER]
    assert [one.as_of for one in pulled.objects] == [
        datetime(2026, 1, 4, 15, 20, tzinfo=UTC),
        datetime(2025, 11, 30, 8, tzinfo=UTC),
    ]
    assert [mapping.record_of(one.body) for one in pulled.objects if one.body is not None] == [
        CustomerRecord(
            kind=PartyKind.PERSON,
            name="Anna de Vries",
            birth_date=datetime(1984, 3, 9, tzinfo=UTC).date(),
            language="nl-NL",
            status="GOLD",
            value_class="A",
            lifetime_value="12500 EUR",
            customer_number="10017",
            contact_media=(
                ContactMediumRecord(
                    external_id="1", kind=MediumKind.EMAIL, value="anna.devries@example.invalid", preferred=True
                ),
                ContactMediumRecord(external_id="2", kind=MediumKind.PHONE, value="06-12345678"),
            ),
            addresses=(
                PostalAddressRecord(
                    external_id="1",
                    street="Oude Delft",
                    house_number="12a",
                    postal_code="2611 CC",
                    locality="Delft",
                    country="NL",
                ),
            ),
        ),
        CustomerRecord(
            kind=PartyKind.ORGANISATION,
            name='Bakkerij "De Zon"; Gouda',
            language="nl-NL",
            status="STANDARD",
            value_class="C",
            customer_number="10018",
        ),
    ]
