"""Bodies in, canonical records out."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from hub.errors import Invalid, Unmapped
from hub.records.belongings import OrderLineRecord, SalesOrderRecord
from hub.records.customer import (
    ContactMediumRecord,
    CustomerRecord,
    ForeignIdentifier,
    PostalAddressRecord,
)
from hub.records.enums import MediumKind, PartyKind, RequestState
from hub.records.source import JsonObject, JsonValue
from tests.mapping.documents import CUSTOMER, ORDER, compiled


def test_every_part_of_a_customer_is_mapped() -> None:
    body: JsonObject = {
        "party_type": "company",
        "name": "  Bakkerij   De Vries ",
        "birth_date": "1990-02-28",
        "lang": {"code": "nl"},
        "state": 1,
        "code": 4711,
        "contact_mechanisms": [
            {"id": 2, "type": "phone", "value": "0612345678", "preferred": "yes", "since": "2026-03-01T10:00:00+02:00"},
            {"id": 3, "type": "fax", "value": "030"},
            {"id": 1, "type": "email", "value": "info@example.invalid"},
        ],
        "addresses": [{"id": "a", "street": "Dorpsstraat 1", "city": "Utrecht"}],
        "other_numbers": [{"system": "lms", "number": "L1"}, {"system": "cm", "number": "L1"}],
    }
    assert compiled(CUSTOMER).record_of(body) == CustomerRecord(
        kind=PartyKind.ORGANISATION,
        name="Bakkerij De Vries",
        birth_date=date(1990, 2, 28),
        language="nl",
        status="BRONZE",
        customer_number="4711",
        contact_media=(
            ContactMediumRecord(external_id="1", kind=MediumKind.EMAIL, value="info@example.invalid"),
            ContactMediumRecord(
                external_id="2",
                kind=MediumKind.PHONE,
                value="0612345678",
                preferred=True,
                valid_from=datetime(2026, 3, 1, 8, tzinfo=UTC),
            ),
        ),
        addresses=(PostalAddressRecord(external_id="a", street="Dorpsstraat 1", locality="Utrecht", country="NL"),),
        identifiers=(
            ForeignIdentifier(system="cm", external_id="L1"),
            ForeignIdentifier(system="lms", external_id="L1"),
        ),
    )


def test_null_blank_and_missing_are_the_same_and_leave_the_default() -> None:
    mapping = compiled(CUSTOMER)
    expected = CustomerRecord(kind=PartyKind.PERSON, name="J")
    assert mapping.record_of({"name": "J"}) == expected
    assert mapping.record_of({"name": "J", "party_type": None, "lang": None, "state": None}) == expected
    assert mapping.record_of({"name": "J", "party_type": " ", "lang": "", "state": "", "addresses": None}) == expected


def test_amounts_are_exact_and_lines_keep_the_order_of_the_package() -> None:
    body: JsonObject = {
        "party": 7,
        "state": "done",
        "total": 0.1,
        "sale_date": "2026-01-31",
        "lines": [{"id": 9, "quantity": "2", "amount": "19.90"}, {"id": 8, "quantity": 1, "amount": 5}],
    }
    assert compiled(ORDER).record_of(body) == SalesOrderRecord(
        customer="7",
        state=RequestState.COMPLETED,
        total=Decimal("0.1"),
        ordered_on=date(2026, 1, 31),
        lines=(
            OrderLineRecord(external_id="9", quantity=Decimal(2), amount=Decimal("19.90")),
            OrderLineRecord(external_id="8", quantity=Decimal(1), amount=Decimal(5)),
        ),
    )


def test_a_code_without_an_entry_is_unmapped_and_named() -> None:
    with pytest.raises(Unmapped) as caught:
        compiled(ORDER).record_of({"state": "on_hold"})
    assert caught.value.message == "sales_order.state: table states has no entry for 'on_hold'"
    assert caught.value.path == ("state",)


@pytest.mark.parametrize("value", ["Jan de Vries", "Jansen", "0612345678", "jan@example.invalid", "NL91ABNA0417164300"])
def test_a_value_that_may_be_personal_is_not_repeated(value: str) -> None:
    with pytest.raises(Unmapped) as caught:
        compiled(ORDER).record_of({"state": value})
    assert caught.value.message == "sales_order.state: table states has no entry for this value"


def test_a_value_in_a_list_is_found_by_its_place_at_the_source() -> None:
    media: list[JsonValue] = [
        {"id": 2, "type": "fax", "value": "1"},
        {"id": 1, "type": "email", "value": "a"},
        {"id": 0, "type": "email", "value": "x" * 501},
    ]
    with pytest.raises(Invalid) as caught:
        compiled(CUSTOMER).record_of({"contact_mechanisms": media})
    assert caught.value.message == ("customer.contact_media.2.value: String should have at most 500 characters")
    assert caught.value.path == ("contact_media", "2", "value")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"birth_date": "28-02-1990"}, "customer.birth_date: must be a date as YYYY-MM-DD"),
        ({"name": {"first": "Jan"}}, "customer.name: must be a text"),
        ({"name": 1.5}, "customer.name: must be a text"),
        ({"name": "a\0b"}, "customer.name: must not hold a NUL character"),
        ({"addresses": {"id": 1}}, "customer.addresses: must be a list"),
        ({"addresses": [{"street": "Laan"}]}, "customer.addresses.0.external_id: is required"),
        ({"addresses": [{"id": 1}, {"id": 1}]}, "customer.addresses.1: has the id of an earlier element"),
        (
            {"contact_mechanisms": [{"id": 1, "type": "phone", "value": "1", "preferred": "maybe"}]},
            "customer.contact_media.0.preferred: must be true or false",
        ),
        (
            {"contact_mechanisms": [{"id": 1, "type": "phone", "value": "1", "since": "yesterday"}]},
            "customer.contact_media.0.valid_from: must be a date and time as YYYY-MM-DDTHH:MM:SS, "
            "with an offset unless it is UTC",
        ),
    ],
)
def test_what_does_not_fit_names_path_and_rule(body: JsonObject, message: str) -> None:
    with pytest.raises(Invalid) as caught:
        compiled(CUSTOMER).record_of(body)
    assert caught.value.message == message
    assert not isinstance(caught.value, Unmapped)


@pytest.mark.parametrize("total", ["12,30", "1e400", "NaN", "Infinity", True, [1], 10**40, 1e300])
def test_a_number_that_is_none_is_refused(total: object) -> None:
    with pytest.raises(Invalid, match=r"^sales_order\.total: must be a "):
        compiled(ORDER).record_of({"state": "done", "total": total})  # type: ignore[dict-item]  # broken on purpose


def test_an_expression_that_fails_does_not_repeat_the_value() -> None:
    mapping = compiled(ORDER.replace("total: total", "total: sum(total)"))
    with pytest.raises(Invalid) as caught:
        mapping.record_of({"state": "done", "total": "geheim"})
    assert caught.value.message == "sales_order.total: the expression's sum does not fit this value (JMESPathTypeError)"


def test_the_version_follows_the_content_and_not_the_layout() -> None:
    version = compiled(ORDER).version
    assert version.startswith("1+")
    assert (
        compiled(
            "# a comment\n" + ORDER.replace("{quotation: PENDING, done", "{done: COMPLETED, quotation: PENDING} #")
        ).version
        == version
    )
    assert compiled(ORDER.replace("done: COMPLETED", "done: PARTIAL")).version != version
