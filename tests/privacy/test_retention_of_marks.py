"""What was learnt and settled on the way goes at its age as well; and every table about persons has its period."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from hub.contacts.session_tables import KnownCookie
from hub.contacts.tables import UndeliverableMedium, VerifiedMedium
from hub.customers.conflict_tables import FieldConflict
from hub.customers.tables import Correction
from hub.entrypoints.upkeep import UPKEEP
from hub.flows.tables import ContractDrift
from hub.privacy.about import conditions
from hub.settings.privacy import KeepDays
from hub.store.engine import Database
from tests.flows.building import apply_page, at, content, declare_flow, page, person
from tests.privacy.forgetting import column, forgetting
from tests.schema.company import add, uid
from tests.stewardship.building import owner

DAY = timedelta(days=1)
KEEP = KeepDays(versions=10, sessions=10, cookies=10, quarantine=10)
FOR_GOOD = KeepDays(versions=None, sessions=None, cookies=None)
forget = forgetting(KEEP)
JAN = "jan@example.com"


async def test_cookies_go_by_when_it_was_learnt_whose_they_are(database: Database) -> None:
    async with database.transaction() as connection:
        for minute in (1, 2, 3):
            await add(connection, KnownCookie, digest=bytes([minute]), customer_id=uid("Anna"), since=at(minute))
    assert await forget(database, "cookies", at(3) + 10 * DAY, FOR_GOOD) == 0
    assert [await forget(database, "cookies", at(3) + 10 * DAY, limit=1) for _ in range(3)] == [1, 1, 0]
    assert await column(database, "SELECT digest FROM known_cookie") == [bytes([3])]


async def test_marks_of_addresses_that_he_has_no_more_go_and_those_of_his_own_stay(database: Database) -> None:
    crm = await declare_flow(database, "crm")
    await apply_page(database, crm, page(content("1", person("Jan", JAN), 1)))
    jan = await owner(database, "crm", "1")
    async with database.transaction() as connection:
        for value in (JAN, "former@example.com", "young@example.com"):
            minute = 3 if value.startswith("young") else 1
            named = {"customer_id": jan, "kind": "EMAIL", "normalised": value}
            told = {"method": "link", "at": at(minute), "verified_by": "web"}
            await add(connection, VerifiedMedium, id=uid(f"verified {value}"), **named, **told)
            told = {"reason": "BOUNCED", "since": at(minute), "reported_by": "web"}
            await add(connection, UndeliverableMedium, id=uid(f"undeliverable {value}"), **named, **told)
    assert await forget(database, "marks", at(2) + 10 * DAY, FOR_GOOD) == 0
    assert [await forget(database, "marks", at(2) + 10 * DAY) for _ in range(2)] == [1, 0]
    for table in ("verified_medium", "undeliverable_medium"):
        left = await column(database, f"SELECT normalised FROM {table} ORDER BY 1")
        assert left == [JAN, "young@example.com"]


async def test_settled_corrections_and_closed_conflicts_go_and_what_still_counts_stays(database: Database) -> None:
    async with database.transaction() as connection:
        for name, state, minute in (("old", "CONVERGED", 1), ("open", "OPEN", 1), ("young", "OVERRULED", 3)):
            which = {"system": "crm", "entity": "customer", "external_id": name, "path": ["name"]}
            said = {"old": "Jan Smit", "new": "Jan Smid", "principal": "mia", "at": at(minute), "state": state}
            await add(connection, Correction, id=uid(name), **which, **said)
        for name, state, closed, earlier in (
            ("old", "CLOSED", at(1), []),
            ("to restore", "CLOSED", at(1), [{"joined": [], "case": None}]),
            ("open", "OPEN", None, []),
            ("young", "CLOSED", at(3), []),
        ):
            told = {"contested": False, "sides": [], "turns": [["crm", "1", "Jan Smit", "2026-01-05T08:01:00Z"]]}
            when: dict[str, object] = {"opened_at": at(0), "closed_at": closed, "earlier": earlier}
            named = {"customer_id": uid(name), "field": "name", "state": state}
            await add(connection, FieldConflict, id=uid(f"{name} conflict"), **named, **told, **when)
    assert await forget(database, "settled", at(2) + 10 * DAY, FOR_GOOD) == 0
    assert [await forget(database, "settled", at(2) + 10 * DAY) for _ in range(2)] == [1, 0]
    assert await column(database, "SELECT external_id FROM correction ORDER BY 1") == ["open", "young"]
    left = [uid(name) for name in ("to restore", "open", "young")]
    assert set(await column(database, "SELECT customer_id FROM field_conflict")) == set(left)


async def test_an_object_that_showed_a_drift_goes_once_that_is_seen_no_more(database: Database) -> None:
    async with database.transaction() as connection:
        for minute in (1, 3):
            drift = {"system": "crm", "entity": "customer", "contract_version": "1", "path": str(minute)}
            seen = {"first_seen_at": at(0), "last_seen_at": at(minute), "objects": 1, "detail": ""}
            kept = {"external_id": "1", "body": b"sealed", "digest": b""}
            await add(connection, ContractDrift, **drift, kind="MISSING", policy="EVOLVE", **seen, **kept)
    assert [await forget(database, "quarantine", at(2) + 10 * DAY) for _ in range(2)] == [1, 0]
    assert await column(database, "SELECT path FROM contract_drift WHERE body IS NOT NULL") == ["3"]
    assert await column(database, "SELECT count(*) FROM contract_drift") == [2]


GOES: Final = {
    **dict.fromkeys(("business_dialog", "commitment", "customer_session", "incident_contact"), "forget-sessions"),
    **dict.fromkeys(("session_leg",), "forget-sessions"),
    **dict.fromkeys(("verified_medium", "undeliverable_medium"), "forget-marks"),
    **dict.fromkeys(("correction", "field_conflict"), "forget-settled"),
    **dict.fromkeys(("decision", "next_best_action"), "forget-decisions"),
    **dict.fromkeys(
        ("lead_counterpart", "lead_delivery", "lead_handling", "lead_plan", "lead_response"), "forget-leads"
    ),
    **dict.fromkeys(("request_handling", "request_task"), "forget-requests"),
    **dict.fromkeys(("outbound_command",), "forget-changes"),
    **dict.fromkeys(("shadow_command",), "forget-shadows"),
    "consent_statement": "forget-consents",
    "contact_event": "forget-contact-events",
    "customer_history": "forget-customer-history",
    "known_cookie": "forget-cookies",
    "moved_row": "forget-moved-rows",
    "quarantine": "forget-quarantine",
    "timeline_entry": "forget-timeline",
    # Of packages, from when they deleted them; the hub's own with what hangs on them.
    **dict.fromkeys(("campaign_membership", "consent", "product_holding", "sales_order"), "forget-deleted"),
    **dict.fromkeys(("sales_order_line", "source_record"), "forget-deleted"),
    **dict.fromkeys(("business_request", "sales_lead"), "forget-deleted"),
}
"""By table the chore that removes what is old in it."""

STAYS: Final = {
    **dict.fromkeys(
        ("contact_medium", "customer", "customer_identifier", "customer_provenance", "customer_relation"),
        "the golden record, as long as a source has him: docs/privacy.md",
    ),
    **dict.fromkeys(("customer_segment", "postal_address", "source_identifier"), "likewise"),
    "campaign": "of the company",
    "customer_alias": "ids, so that each goes on resolving",
    "customer_pin": "a decision that holds until it is taken back",
    "customer_touch": "numbers, for an hour",
    "shadow_record": "until the migration ends",
    "shadow_version": "likewise",
    **dict.fromkeys(
        ("steward_act", "steward_act_record", "steward_receipt"), "who decided what, to be undone; no values"
    ),
    "steward_decision": "for ever, as stewards' decisions are",
    "target_image": "what a system was told that it has, as long as it does; of what ended it goes along",
}
"""Tables about persons from which nothing goes by its age alone, and why."""


def test_every_table_about_persons_has_a_period_or_a_reason() -> None:
    assert sorted({*GOES, *STAYS} ^ set(conditions())) == []
    assert set(GOES.values()) <= {upkeep.name for upkeep in UPKEEP}
