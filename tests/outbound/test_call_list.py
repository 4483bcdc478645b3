"""The call list: the most urgent name first, each with one agent, within hours and capacity."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from hub.errors import Conflict, Invalid, NotFound
from hub.outbound.call_list import Called, claim_call, complete_call, release_call
from hub.records.enums import LeadPriority
from hub.records.leads import LeadOutcome
from hub.records.outbound import CallOutcome, DeliveryState
from hub.settings.channels import Opening, OpeningHours, OutboundRules, Step, Weekday
from hub.store.engine import Database
from tests.leads.opening import answered
from tests.outbound.company import CALLS, Street, consent, lead_for, limited, outbound
from tests.outbound.conftest import OpenStreet
from tests.schema.company import NOW

ONLY_CALLS = OutboundRules(steps=(Step(channels=("calls",)),))


@pytest.fixture
def street(open_street: OpenStreet) -> Street:
    return open_street(outbound(rules=ONLY_CALLS))


async def claim(street: Street, agent: str, channel: str = "calls") -> UUID | None:
    async with street.database.transaction() as connection:
        return await claim_call(connection, street.settings, channel, agent, street.now)


async def complete(street: Street, call: UUID, outcome: CallOutcome, agent: str = "ann") -> Called:
    async with street.database.transaction() as connection:
        return await complete_call(connection, street.settings, call, outcome, agent, street.now)


async def leads_of(street: Street, *calls: UUID | None) -> list[UUID]:
    async with street.database.reading() as connection:
        rows = await connection.execute(
            text("SELECT id, lead_id FROM lead_delivery WHERE id = ANY(:ids)"), {"ids": list(calls)}
        )
        of = {row.id: row.lead_id for row in rows}
    return [of[call] for call in calls if call is not None]


async def test_the_important_are_called_first_and_no_two_agents_call_the_same(street: Street) -> None:
    later = await lead_for(street.database, "Anna Bakker", priority=LeadPriority.LOW)
    first = await lead_for(street.database, "Cor Smit", priority=LeadPriority.HIGH)
    await street.plan()
    claimed = [await claim(street, "ann"), await claim(street, "bob")]
    assert await leads_of(street, *claimed) == [first, later]
    assert await claim(street, "cas") is None
    with pytest.raises(Conflict):
        await claim(street, "ann")


async def test_agents_at_the_same_moment_get_different_names(street: Street) -> None:
    for _ in range(6):
        await lead_for(street.database, "Cor Smit")
    await street.plan()
    claimed = await asyncio.gather(*(claim(street, f"agent {number}") for number in range(8)))
    names = [call for call in claimed if call is not None]
    assert (len(names), len(set(names))) == (6, 6)


async def test_a_claim_that_is_not_kept_goes_to_somebody_else(street: Street) -> None:
    await lead_for(street.database, "Cor Smit")
    await street.plan()
    call = await claim(street, "ann")
    assert call is not None
    street.forward(minutes=9)
    assert await claim(street, "bob") is None
    street.forward(minutes=1)
    assert await claim(street, "bob") == call
    with pytest.raises(Conflict):
        await complete(street, call, CallOutcome.REACHED, "ann")
    assert (await complete(street, call, CallOutcome.REACHED, "bob")).state is DeliveryState.SENT


async def test_a_released_name_is_at_the_top_again_and_the_attempt_does_not_count(street: Street) -> None:
    lead = await lead_for(street.database, "Cor Smit")
    await street.plan()
    call = await claim(street, "ann")
    assert call is not None
    async with street.database.transaction() as connection:
        await release_call(connection, call, "ann", street.now)
    assert await street.states(lead) == {"calls": "PLANNED RELEASED"}
    assert await claim(street, "bob") == call
    assert (await complete(street, call, CallOutcome.NO_ANSWER, "bob")).state is DeliveryState.PLANNED


async def test_nobody_answers_and_it_is_tried_again_until_the_attempts_are_used_up(street: Street) -> None:
    lead = await lead_for(street.database, "Cor Smit")
    await street.plan()
    call = await claim(street, "ann")
    assert call is not None
    await complete(street, call, CallOutcome.NO_ANSWER)
    assert await claim(street, "ann") is None
    street.forward(minutes=60)
    assert await claim(street, "ann") == call
    await complete(street, call, CallOutcome.NO_ANSWER)
    assert await street.states(lead) == {"calls": "FAILED NO_ANSWER"}


async def test_a_wrong_number_is_marked_for_every_channel(street: Street) -> None:
    await lead_for(street.database, "Cor Smit")
    await street.plan()
    call = await claim(street, "ann")
    assert call is not None
    await complete(street, call, CallOutcome.WRONG_NUMBER)
    async with street.database.reading() as connection:
        marked = (
            await connection.execute(text("SELECT kind, normalised, reported_by FROM undeliverable_medium"))
        ).all()
    assert [tuple(row) for row in marked] == [("PHONE", "+31201111111", "ann")]


async def test_who_answered_or_withdrew_is_off_the_list_when_his_turn_comes(street: Street) -> None:
    answering = await lead_for(street.database, "Anna Bakker")
    revoking = await lead_for(street.database, "Cor Smit")
    await street.plan()
    await answered(street.database, answering, LeadOutcome.REJECTED)
    await consent(street.database, "Cor Smit", "REVOKED", "phone")
    assert await claim(street, "ann") is None
    assert (await street.states(answering), await street.states(revoking)) == (
        {"calls": "STOPPED RESPONDED"},
        {"calls": "STOPPED NO_CONSENT"},
    )


async def test_nobody_is_called_outside_the_hours(company: Database, open_street: OpenStreet) -> None:
    hours = (OpeningHours(days=(Weekday.MON,), opens="14:00", closes="15:00"),)
    evening = CALLS.model_copy(update={"opening": Opening(time_zone="Europe/Amsterdam", hours=hours)})
    street = open_street(outbound(calls=evening, rules=ONLY_CALLS))
    await lead_for(company, "Cor Smit")
    await street.plan()
    with pytest.raises(Conflict) as refused:
        await claim(street, "ann")
    assert refused.value.message == "the call list calls is closed; it opens at 2026-03-02T13:00Z"
    street.now = datetime(2026, 3, 2, 13, 0, tzinfo=UTC)
    assert await claim(street, "ann") is not None


async def test_an_hour_has_no_more_calls_than_the_list_takes(company: Database, open_street: OpenStreet) -> None:
    street = open_street(outbound(calls=limited(CALLS, per_hour=1), rules=ONLY_CALLS))
    for person in ("Anna Bakker", "Cor Smit"):
        await lead_for(company, person)
    await street.plan()
    street.forward(hours=2)
    assert await claim(street, "ann") is not None
    with pytest.raises(Conflict):
        await claim(street, "bob")
    street.now = NOW + timedelta(hours=3)
    assert await claim(street, "bob") is not None


async def test_what_is_no_call_is_said_to_be_none(street: Street) -> None:
    with pytest.raises(Invalid):
        await claim(street, "ann", "mail")
    with pytest.raises(NotFound):
        await complete(street, UUID(int=1), CallOutcome.REACHED)
