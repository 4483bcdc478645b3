"""What the demo's three databases hold."""

from collections import Counter
from datetime import date
from typing import cast

import phonenumbers
import pytest

from examples.demo.tryton.seed import story
from examples.demo.tryton.server import TrytonServer

pytestmark = pytest.mark.slow

SANNE_ID = 3  # the first party after the company and its employee, in every database


def contacts(tryton: TrytonServer, database: str) -> dict[tuple[int, str], set[str]]:
    """Party id and name to its telephone numbers (E.164) and e-mail addresses (lower case)."""
    fields = ["party", "party.name", "type", "value"]
    found: dict[tuple[int, str], set[str]] = {}
    with tryton.log_in(database) as rpc:
        for row in rpc.search_read("party.contact_mechanism", [], fields):
            value = cast(str, row["value"])
            if row["type"] == "email":
                value = value.lower()
            else:
                number = phonenumbers.parse(value, "NL")
                assert phonenumbers.is_valid_number(number), value
                value = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
            party = (cast(int, row["party"]), cast(dict[str, str], row["party."])["name"])
            found.setdefault(party, set()).add(value)
    return found


def states(tryton: TrytonServer, database: str, model: str) -> Counter[str]:
    with tryton.log_in(database) as rpc:
        return Counter(cast(str, row["state"]) for row in rpc.search_read(model, [], ["state"]))


def test_crm_holds_customers_with_address_and_orders(tryton: TrytonServer) -> None:
    with tryton.log_in("demo_crm") as rpc:
        customers = [["code", "like", "WL-%"]]
        assert len(rpc.search("party.party", customers)) == 333
        assert len(rpc.search("party.address", [["party.code", "like", "WL-%"]])) == 333
        history = rpc.search_read("sale.sale", [["reference", "!=", story.ORDER_REFERENCE]], ["state"])
    assert len(history) == 430
    assert {row["state"] for row in history} == {"draft", "quotation", "processing", "cancelled"}


def test_leads_are_in_every_state(tryton: TrytonServer) -> None:
    assert states(tryton, "demo_lms", "sale.opportunity") == {
        "lead": 26,
        "opportunity": 23,
        "converted": 14,
        "won": 14,
        "lost": 12,
        "cancelled": 8,
    }


def test_campaign_was_run_by_its_crons(tryton: TrytonServer) -> None:
    assert states(tryton, "demo_cm", "marketing.automation.record.activity") == {"done": 90, "waiting": 90}
    with tryton.log_in("demo_cm") as rpc:
        assert len(rpc.search("marketing.automation.record", [])) == 90
        assert len(rpc.search("marketing.automation.record", [["blocked", "=", True]])) == 2
        assert len(rpc.search("marketing.email", [])) == 85
        assert len(rpc.search("marketing.email", [["active", "=", False]])) == 10


def test_known_people_share_a_contact_under_another_name(tryton: TrytonServer) -> None:
    crm, lms, cm = (contacts(tryton, name) for name in ("demo_crm", "demo_lms", "demo_cm"))
    in_crm = set().union(*crm.values())
    assert sum(1 for theirs in lms.values() if theirs & in_crm) == 31
    assert sum(1 for theirs in cm.values() if theirs & in_crm) == 61
    names_in_crm = {name for _, name in crm}
    assert [name for (_, name), theirs in lms.items() if theirs & in_crm and name in names_in_crm] == []


def test_families_share_one_email_address(tryton: TrytonServer) -> None:
    addresses = Counter(
        contact for theirs in contacts(tryton, "demo_crm").values() for contact in theirs if "@" in contact
    )
    assert sorted(size for size in addresses.values() if size > 1) == [3] * 6


def test_sanne_has_three_names_one_telephone_and_a_wrong_address(tryton: TrytonServer) -> None:
    assert contacts(tryton, "demo_crm")[SANNE_ID, story.CRM_NAME] == {story.PHONE, story.WRONG_EMAIL}
    assert contacts(tryton, "demo_lms")[SANNE_ID, story.LMS_NAME] == {story.PHONE}
    assert contacts(tryton, "demo_cm")[SANNE_ID, story.CM_NAME] == {story.PHONE}


def test_order_of_the_story_is_placed_once(tryton: TrytonServer) -> None:
    today = date(2026, 11, 23)
    with tryton.log_in("demo_crm") as rpc:
        placed = story.place_story_order(rpc, today)
        assert story.place_story_order(rpc, today) == placed
        (order,) = rpc.search_read("sale.sale", [["id", "=", placed]], ["state", "party.code", "total_amount"])
    assert order["state"] == "processing"
    assert order["party."] == {"id": SANNE_ID, "code": story.CUSTOMER_NUMBER}
    assert order["total_amount"] == {"__class__": "Decimal", "decimal": str(story.ORDER_AMOUNT)}


def test_families_live_together_and_sanne_with_somebody(tryton: TrytonServer) -> None:
    with tryton.log_in("demo_crm") as rpc:
        told = rpc.search_read("party.relation.all", [], ["from_", "to", "type.name"])
    assert {cast(dict[str, str], row["type."])["name"] for row in told} == {"Huisgenoot"}
    assert sorted(Counter(cast(int, row["from_"]) for row in told).values()) == [1] * 2 + [2] * 18
    assert [row["to"] for row in told if row["from_"] == SANNE_ID] == [SANNE_ID + 1]
