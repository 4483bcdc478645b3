"""An operator works the quarantine off from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.company import Company, customer

pytestmark = pytest.mark.slow

STATES = "SELECT external_id, state, code FROM quarantine ORDER BY id"
NAMES = "SELECT name, kind FROM customer ORDER BY name"


async def quarantined(company: Company) -> None:
    """Two customers of a type that the mapping lacks, one with a wrong date, and one that is fine."""
    company.deliver(
        customer(1), customer(2, TYPE="V"), customer(3, TYPE="V"), customer(4, BORN="yesterday", FULLNAME="Jan Geheim")
    )
    assert (await company.hub("run", "weekly-customers")).status == 0
    assert await company.rows(STATES) == [
        ("2", "OPEN", "UNMAPPED"),
        ("3", "OPEN", "UNMAPPED"),
        ("4", "OPEN", "INVALID"),
    ]


async def ids(company: Company) -> dict[str, str]:
    return {external_id: str(i) for external_id, i in await company.rows("SELECT external_id, id FROM quarantine")}


async def test_the_list_tells_why_and_shows_no_value_of_a_person(company: Company) -> None:
    await quarantined(company)
    said = await company.hub("quarantine", "list")
    assert "customer.kind: table kinds has no entry for 'V'" in said.output
    assert "3 of 3 OPEN" in said.output
    assert "Geheim" not in said.output
    assert "1 of 1 OPEN" in (await company.hub("quarantine", "list", "--code", "INVALID")).output
    assert "0 of 0 OPEN" in (await company.hub("quarantine", "list", "--since", "2999-01-01")).output


async def test_a_value_added_to_the_mapping_lets_a_replay_by_filter_take_all(company: Company) -> None:
    await quarantined(company)
    refused = await company.hub("quarantine", "replay", "--code", "UNMAPPED")
    assert (refused.status, "2 refused" in refused.output) == (1, True)
    company.rewrite("mappings/customer.yaml", "C: ORGANISATION", "C: ORGANISATION, V: ORGANISATION")
    said = await company.hub("quarantine", "replay", "--system", "crm", "--code", "UNMAPPED")
    assert (said.status, "2 accepted" in said.output) == (0, True)
    assert await company.rows(NAMES) == [
        ("Customer 1", "PERSON"),
        ("Customer 2", "ORGANISATION"),
        ("Customer 3", "ORGANISATION"),
    ]
    assert [row[1] for row in await company.rows(STATES)] == ["REPLAYED", "REPLAYED", "OPEN"]


async def test_showing_decrypts_the_original_and_is_audited(company: Company) -> None:
    await quarantined(company)
    four = (await ids(company))["4"]
    said = await company.hub("quarantine", "show", four)
    assert json.loads(said.output.splitlines()[-1]) == customer(4, BORN="yesterday", FULLNAME="Jan Geheim")
    assert '"4";"P";"Jan Geheim";"yesterday"' in said.output
    deeds = "SELECT principal, action, object_id FROM audit_event WHERE action <> 'runFlow'"
    [(principal, action, object_id)] = await company.rows(deeds)
    assert (principal.startswith("cli:"), action, object_id) == (True, "revealQuarantined", four)
    assert (await company.hub("quarantine", "show", "99")).code == "NOT_FOUND"


async def test_a_correction_is_tried_then_replayed_and_stands_beside_the_original(company: Company) -> None:
    await quarantined(company)
    four = (await ids(company))["4"]
    corrected = json.dumps(customer(4, BORN="1980-02-29", FULLNAME="Jan Geheim"))
    assert (await company.hub("quarantine", "edit", four, "-", given=corrected)).status == 0
    tried = await company.hub("quarantine", "dry-run", four)
    assert "ACCEPTED" in tried.output
    assert "new: birth_date, customer_number" in tried.output
    assert "Geheim" not in tried.output
    assert (await company.rows(NAMES), (await company.rows(STATES))[2][1]) == ([("Customer 1", "PERSON")], "OPEN")
    assert (await company.hub("quarantine", "replay", four)).status == 0
    assert ("Jan Geheim", "PERSON") in await company.rows(NAMES)
    shown = (await company.hub("quarantine", "show", four)).output
    assert "yesterday" in shown
    assert "1980-02-29" in shown
    # the same wrong row in next week's file is the one that was corrected
    company.deliver(customer(1), customer(4, BORN="yesterday", FULLNAME="Jan Geheim"))
    await company.hub("run", "weekly-customers")
    assert [row for row in await company.rows(STATES) if row[0] == "4"] == [("4", "REPLAYED", "INVALID")]


async def test_a_dry_run_names_the_fields_of_a_known_customer_that_would_change(company: Company) -> None:
    company.deliver(customer(1))
    await company.hub("run", "weekly-customers")
    company.deliver(customer(1, LEVEL="GOLD", FULLNAME="Customer One", TYPE="?"))
    await company.hub("run", "weekly-customers")
    one = (await ids(company))["1"]
    refused = await company.hub("quarantine", "dry-run", one)
    assert "REFUSED" in refused.output
    company.rewrite("mappings/customer.yaml", "C: ORGANISATION", 'C: ORGANISATION, "?": PERSON')
    said = await company.hub("quarantine", "dry-run", one)
    assert "name, status" in said.output
    assert await company.rows("SELECT name, status FROM customer") == [("Customer 1", "STANDARD")]


async def test_what_is_wrong_with_an_edit_is_told_and_nothing_is_kept(company: Company, tmp_path: Path) -> None:
    await quarantined(company)
    four = (await ids(company))["4"]
    (tmp_path / "list.json").write_text("[]", encoding="utf-8")
    wrong = [
        await company.hub("quarantine", "edit", four, "-", given="{"),
        await company.hub("quarantine", "edit", four, str(tmp_path / "list.json")),
        await company.hub("quarantine", "edit", four, "-", "--external-id", "5", given="{}"),
        await company.hub("quarantine", "edit", four, str(tmp_path / "none.json")),
        await company.hub("quarantine", "edit", "99", "-", given="{}"),
    ]
    assert [said.code for said in wrong] == ["INVALID", "INVALID", "INVALID", "NOT_FOUND", "NOT_FOUND"]
    assert await company.rows("SELECT count(*) FROM quarantine WHERE corrected IS NOT NULL") == [(0,)]
    assert await company.rows("SELECT count(*) FROM audit_event WHERE action <> 'runFlow'") == [(0,)]


async def test_what_is_discarded_does_not_come_back_with_the_next_file(company: Company) -> None:
    await quarantined(company)
    assert (await company.hub("quarantine", "discard", "--reason", "x")).code == "INVALID"
    said = await company.hub("quarantine", "discard", "--code", "UNMAPPED", "--reason", "test records")
    assert "2 discarded" in said.output
    company.deliver(customer(1), customer(2, TYPE="V"), customer(3, TYPE="V"))
    await company.hub("run", "weekly-customers")
    assert [row[:2] for row in await company.rows(STATES)] == [("2", "DISCARDED"), ("3", "DISCARDED"), ("4", "OPEN")]
    assert await company.rows("SELECT DISTINCT settled_reason FROM quarantine WHERE state = 'DISCARDED'") == [
        ("test records",)
    ]


async def test_a_replay_of_what_the_source_has_since_mended_is_outdated(company: Company) -> None:
    await quarantined(company)
    three = (await ids(company))["3"]
    company.deliver(customer(1), customer(3, FULLNAME="Mended"))
    await company.hub("run", "weekly-customers")
    assert [row for row in await company.rows(STATES) if row[0] == "3"] == [("3", "SUPERSEDED", "UNMAPPED")]
    assert "nothing was chosen" in (await company.hub("quarantine", "replay", three)).output
