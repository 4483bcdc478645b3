"""A lead whose deliveries all failed goes out by what is left, and is shown with its reason where nothing is."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from hub.outbound.bounce import report_bounce
from hub.settings.channels import OutboundRules, Step
from tests.leads.opening import row_of
from tests.outbound.company import Street, consent, lead_for, outbound
from tests.outbound.conftest import OpenStreet
from tests.outbound.receiving import Receiver
from tests.schema.company import gid, uid
from tests.schema.serving import serving

ONLY_MAIL = OutboundRules(steps=(Step(channels=("mail",)),))
MAIL_OR_LETTER = OutboundRules(steps=(Step(channels=("mail", "letters")),))
REFUSED = "550 5.1.1 unknown"


async def all_states(street: Street, lead: UUID) -> list[str]:
    async with street.database.reading() as connection:
        rows = await connection.execute(
            text(
                """SELECT channel || ' ' || state || coalesce(' ' || reason, '') FROM lead_delivery
                   WHERE lead_id = :lead ORDER BY created_at, channel"""
            ),
            {"lead": lead},
        )
        return list(rows.scalars())


async def unreached(street: Street, lead: UUID) -> Any:
    return (await row_of(street.database, lead))["unreached_reason"]


async def corrected(street: Street, address: str) -> None:
    """An agent has put Anna's address right."""
    async with street.database.transaction() as connection:
        await connection.execute(text("DELETE FROM undeliverable_medium"))
        await connection.execute(
            text(
                """UPDATE contact_medium SET value = :address, normalised = :address
                   WHERE kind = 'EMAIL' AND customer_id = :anna"""
            ),
            {"address": address, "anna": uid("Anna Bakker")},
        )


async def test_a_refused_address_is_told_and_its_correction_lets_the_mail_go(
    open_street: OpenStreet, receiver: Receiver
) -> None:
    street = open_street(outbound(rules=ONLY_MAIL))
    lead = await lead_for(street.database, "Anna Bakker")
    receiver.at_rcpt["Anna@example.nl"] = REFUSED
    await street.plan()
    await street.work()
    assert await unreached(street, lead) is None
    assert await street.plan() == 1
    assert await unreached(street, lead) == "NOT_REACHABLE"
    since = (await row_of(street.database, lead))["unreached_since"]
    assert since == street.now

    assert await street.plan() == 0
    await corrected(street, "a@example.nl")
    street.forward(days=1)
    assert await street.plan() == 1
    assert await unreached(street, lead) is None
    await street.work()
    assert await all_states(street, lead) == ["mail FAILED NOT_REACHABLE", "mail SENT"]
    assert receiver.recipients == ["a@example.nl"]
    street.forward(days=2)
    assert await street.plan() == 0


async def test_what_no_server_takes_goes_by_the_next_channel(open_street: OpenStreet, receiver: Receiver) -> None:
    street = open_street(outbound(rules=MAIL_OR_LETTER))
    lead = await lead_for(street.database, "Anna Bakker")
    receiver.at_data["Anna@example.nl"] = "554 we take no such content"
    await street.plan()
    await street.work()
    await street.plan()
    assert await all_states(street, lead) == ["letters PLANNED", "mail FAILED REFUSED"]


async def test_a_mail_that_comes_back_makes_room_for_the_letter_and_what_waits_is_waited_for(
    open_street: OpenStreet, receiver: Receiver
) -> None:
    street = open_street(outbound(rules=MAIL_OR_LETTER))
    lead, other = await lead_for(street.database, "Anna Bakker"), await lead_for(street.database, "Cor Smit")
    await street.plan()
    await street.work()
    async with street.database.transaction() as connection:
        mail = await street.delivery(lead)
        assert await report_bounce(connection, street.room.keys, mail, "5.1.1", "mta", street.now)
    assert await street.plan() == 1
    assert await street.states(lead) == {"mail": "BOUNCED RETURNED", "letters": "PLANNED"}
    assert await street.states(other) == {"mail": "SENT"}


async def test_who_allows_nothing_is_told_until_he_does(street: Street, receiver: Receiver) -> None:
    lead = await lead_for(street.database, "Eva Kok")
    await street.plan()
    assert (await unreached(street, lead), await street.states(lead)) == ("NO_CONSENT", {})
    await consent(street.database, "Eva Kok")
    street.forward(days=1)
    await street.plan()
    assert await unreached(street, lead) is None
    assert set((await street.states(lead)).values()) == {"PLANNED"}


async def test_a_channel_gives_up_after_three_addresses(open_street: OpenStreet, receiver: Receiver) -> None:
    street = open_street(outbound(rules=ONLY_MAIL))
    lead = await lead_for(street.database, "Anna Bakker")
    for turn in range(5):
        address = f"a{turn}@example.nl"
        receiver.at_rcpt[address] = REFUSED
        await corrected(street, address)
        await street.plan()
        await street.work()
        street.forward(days=1)
    assert await all_states(street, lead) == ["mail FAILED NOT_REACHABLE"] * 3


@pytest.mark.slow
async def test_people_find_those_whom_nobody_reaches(
    street: Street, receiver: Receiver, database_url: str, tmp_path: Any
) -> None:
    lead = await lead_for(street.database, "Eva Kok")
    await lead_for(street.database, "Anna Bakker")
    await street.plan()
    document = "{ leads(filter: {unreached: true}) { edges { node { id unreachedReason unreachedSince } } } }"
    async with serving(database_url, tmp_path, outbound=street.settings) as api:
        answer = await api.ask(document)
        found = {
            "id": gid("SalesLead", lead),
            "unreachedReason": "NO_CONSENT",
            "unreachedSince": "2026-03-02T12:00:00Z",
        }
        assert [edge["node"] for edge in answer.data["leads"]["edges"]] == [found]
        step = "mutation($input: AdvanceLeadInput!) { advanceLead(input: $input) { problems { code } } }"
        await api.ask(step, {"input": {"leadId": gid("SalesLead", lead), "to": "CANCELLED", "idempotencyKey": "1"}})
        assert (await api.ask(document)).data["leads"]["edges"] == []
