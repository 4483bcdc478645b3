"""Mails by a real SMTP conversation: each leaves at most once, by what is true at the moment of sending."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from hub.customers.consent_tables import ConsentStatement
from hub.customers.steward_tables import StewardAct, StewardActRecord
from hub.customers.tables import CustomerIdentifier, StewardDecision
from hub.errors import Conflict, Invalid
from hub.outbound.bounce import report_bounce
from hub.outbound.settle import settle_delivery
from hub.records.leads import LeadOutcome
from hub.records.outbound import DeliveryState, UnknownRule
from hub.settings.channels import OutboundChannel, OutboundRules, Step
from tests.leads.opening import answered
from tests.outbound.company import MAIL, Street, consent, lead_for, limited, outbound
from tests.outbound.conftest import OpenStreet
from tests.outbound.receiving import Receiver
from tests.schema.company import NOW, add, uid

ONLY_MAIL = OutboundRules(steps=(Step(channels=("mail",)),))


async def test_a_mail_says_what_the_template_says_and_leaves_once(street: Street, receiver: Receiver) -> None:
    lead = await lead_for(street.database, "Anna Bakker")
    assert await street.plan() == 1
    assert await street.states(lead) == {"mail": "PLANNED", "letters": "PLANNED", "calls": "PLANNED"}
    assert await street.work() == 1
    assert await street.work() == 0
    (mail,) = receiver.mails
    assert receiver.recipients == ["Anna@example.nl"]
    assert (mail["Subject"], mail["From"]) == ("Een aanbod voor Anna Bakker", "Harbour <offers@harbour.example>")
    assert mail["Message-ID"] == f"<{await street.delivery(lead)}@harbour.example>"
    body = mail.get_payload(decode=True).decode()  # type: ignore[union-attr]
    assert body.startswith("Beste Anna,\r\n\r\nSpring: https://hub.example.com/r/")
    assert "Anna" not in body.partition("/r/")[2]
    assert (await street.states(lead))["mail"] == "SENT"


async def test_the_address_is_the_one_at_the_moment_of_sending(street: Street, receiver: Receiver) -> None:
    await lead_for(street.database, "Anna Bakker")
    await street.plan()
    async with street.database.transaction() as connection:
        await connection.execute(text("UPDATE contact_medium SET value = 'new@example.nl' WHERE value LIKE 'Anna@%'"))
    await street.work()
    assert receiver.recipients == ["new@example.nl"]


async def test_consent_withdrawn_after_planning_stops_it(street: Street, receiver: Receiver) -> None:
    lead = await lead_for(street.database, "Anna Bakker")
    await street.plan()
    await consent(street.database, "Anna Bakker", "REVOKED", "email")
    await street.work()
    assert receiver.mails == []
    assert await street.states(lead) == {"mail": "STOPPED NO_CONSENT", "letters": "PLANNED", "calls": "PLANNED"}


async def test_who_never_allowed_it_is_not_planned_and_is_looked_at_again_tomorrow(street: Street) -> None:
    lead = await lead_for(street.database, "Eva Kok")
    assert await street.plan() == 1
    assert await street.states(lead) == {}
    assert await street.plan() == 0
    await consent(street.database, "Eva Kok", channel="post")
    street.forward(days=1)
    assert await street.plan() == 1
    assert await street.states(lead) == {"letters": "PLANNED"}


async def test_an_answer_between_queueing_and_sending_keeps_the_mail_here(street: Street, receiver: Receiver) -> None:
    lead = await lead_for(street.database, "Anna Bakker")
    await street.plan()
    (work,) = await street.queue()
    await answered(street.database, lead, LeadOutcome.INTEREST)
    await street.carry_out(work)
    assert receiver.mails == []
    assert (await street.states(lead))["mail"] == "STOPPED RESPONDED"
    await street.tidy()
    assert set((await street.states(lead)).values()) == {"STOPPED RESPONDED"}


async def test_refused_for_now_is_tried_again_later_and_counts_as_another_attempt(
    street: Street, receiver: Receiver
) -> None:
    lead = await lead_for(street.database, "Anna Bakker")
    await street.plan()
    receiver.at_data["Anna@example.nl"] = "451 later"
    await street.work()
    assert (await street.states(lead))["mail"] == "PLANNED REFUSED_FOR_NOW"
    assert await street.work() == 0
    receiver.at_data.clear()
    street.forward(seconds=5)
    assert await street.work() == 1
    assert (await street.states(lead))["mail"] == "SENT"
    assert len(receiver.mails) == 1


async def test_a_server_that_is_away_has_nothing(company: object, open_street: OpenStreet, receiver: Receiver) -> None:
    street = open_street(outbound())
    lead = await lead_for(street.database, "Anna Bakker")
    away = Street(street.database, street.folder, 1, street.settings)
    await away.plan()
    await away.work()
    assert (await street.states(lead))["mail"] == "PLANNED REFUSED_FOR_NOW"


async def test_a_refused_recipient_fails_and_his_address_is_known_to_bounce(street: Street, receiver: Receiver) -> None:
    lead = await lead_for(street.database, "Anna Bakker")
    other = await lead_for(street.database, "Anna Bakker")
    await street.plan(limit=1)
    receiver.at_rcpt["Anna@example.nl"] = "550 5.1.1 unknown"
    await street.work()
    assert sorted([(await street.states(one)).get("mail") or "-" for one in (lead, other)]) == [
        "-",
        "FAILED NOT_REACHABLE",
    ]
    await street.plan()
    assert sorted([(await street.states(one)).get("mail") or "-" for one in (lead, other)]) == [
        "-",
        "FAILED NOT_REACHABLE",
    ]
    async with street.database.reading() as connection:
        bounced = (await connection.execute(text("SELECT normalised, reason FROM undeliverable_medium"))).all()
        told = await connection.scalar(text("SELECT count(*) FROM timeline_entry WHERE kind = 'MEDIUM_UNDELIVERABLE'"))
    assert ([tuple(row) for row in bounced], told) == ([("anna@example.nl", "mail refused: 550")], 1)


async def test_a_second_attempt_at_what_may_have_left_sends_nothing(street: Street, receiver: Receiver) -> None:
    lead = await lead_for(street.database, "Anna Bakker")
    await street.plan()
    (work,) = await street.queue()
    async with street.database.transaction() as connection:
        await connection.execute(text("UPDATE lead_delivery SET state = 'SENDING' WHERE channel = 'mail'"))
    await street.carry_out(work)
    await street.carry_out(work)
    assert receiver.mails == []
    assert (await street.states(lead))["mail"] == "UNKNOWN INTERRUPTED"


@pytest.mark.parametrize(
    ("to", "becomes", "mails"),
    [
        (DeliveryState.SENT, "SENT SETTLED", 0),
        (DeliveryState.FAILED, "FAILED SETTLED", 0),
        (DeliveryState.PLANNED, "SENT", 1),
    ],
)
async def test_a_person_decides_what_became_of_it(
    street: Street, receiver: Receiver, to: DeliveryState, becomes: str, mails: int
) -> None:
    lead = await in_doubt(street)
    async with street.database.transaction() as connection:
        await settle_delivery(connection, await street.delivery(lead), to, "sue", street.now)
    await street.work()
    assert ((await street.states(lead))["mail"], len(receiver.mails)) == (becomes, mails)
    with pytest.raises(Conflict):
        async with street.database.transaction() as connection:
            await settle_delivery(connection, await street.delivery(lead), to, "sue", street.now)


async def test_a_rule_may_take_it_as_sent(open_street: OpenStreet, receiver: Receiver) -> None:
    assert MAIL.email is not None
    as_sent = MAIL.model_copy(update={"email": MAIL.email.model_copy(update={"unknown": UnknownRule.SENT})})
    street = open_street(outbound(mail=as_sent))
    lead = await in_doubt(street)
    assert (await street.states(lead))["mail"] == "SENT INTERRUPTED"
    assert receiver.mails == []


async def in_doubt(street: Street) -> UUID:
    lead = await lead_for(street.database, "Anna Bakker")
    await street.plan()
    (work,) = await street.queue()
    async with street.database.transaction() as connection:
        await connection.execute(text("UPDATE lead_delivery SET state = 'SENDING' WHERE channel = 'mail'"))
    await street.carry_out(work)
    return lead


@pytest.mark.parametrize(("channel", "per_hour"), [(limited(MAIL, per_hour=1), 1), (limited(MAIL, per_day=2), 2)])
async def test_no_more_leave_than_the_channel_takes_whatever_is_due(
    open_street: OpenStreet, receiver: Receiver, channel: OutboundChannel, per_hour: int
) -> None:
    street = open_street(outbound(mail=channel, rules=ONLY_MAIL))
    for _ in range(3):
        await lead_for(street.database, "Cor Smit")
    await street.plan()
    street.forward(days=9)  # an outage: all of them are due
    await street.work()
    assert len(receiver.mails) == per_hour
    await street.work()
    assert len(receiver.mails) == per_hour
    street.forward(days=1)
    await street.work()
    assert len(receiver.mails) == min(3, 2 * per_hour)


async def test_what_nobody_sent_in_time_expires(street: Street, receiver: Receiver) -> None:
    lead = await lead_for(street.database, "Anna Bakker")
    await street.plan()
    street.forward(days=31)
    assert await street.work() == 0
    await street.tidy()
    assert set((await street.states(lead)).values()) == {"EXPIRED TOO_LATE"}


async def test_a_bounce_report_marks_the_address_it_was_sent_to_and_no_other(
    street: Street, receiver: Receiver
) -> None:
    lead = await lead_for(street.database, "Anna Bakker")
    await street.plan()
    await street.work()
    delivery = await street.delivery(lead)
    async with street.database.transaction() as connection:
        await connection.execute(
            text("UPDATE contact_medium SET normalised = 'new@example.nl' WHERE value = 'Anna@example.nl'")
        )
        assert not await report_bounce(connection, street.room.keys, delivery, "5.1.1", "mta", street.now)
    assert (await street.states(lead))["mail"] == "BOUNCED RETURNED"
    with pytest.raises(Invalid):
        async with street.database.transaction() as connection:
            await report_bounce(connection, street.room.keys, delivery, "4.2.2", "mta", NOW)


async def test_a_mail_whose_worker_vanished_is_planned_again_when_it_had_not_left(
    street: Street, receiver: Receiver
) -> None:
    lead = await lead_for(street.database, "Anna Bakker")
    await street.plan()
    (lost,) = await street.queue()
    street.forward(hours=1)
    await street.tidy()
    assert (await street.states(lead))["mail"] == "PLANNED RELEASED"
    assert await street.work() == 1
    await street.carry_out(lost)
    assert len(receiver.mails) == 1
    assert street.now == NOW + timedelta(hours=1)


async def test_a_server_that_hangs_up_after_the_content_leaves_it_in_doubt(street: Street, receiver: Receiver) -> None:
    lead = await lead_for(street.database, "Anna Bakker")
    await street.plan()
    receiver.silent = True
    await street.work()
    street.forward(hours=2)
    await street.tidy()
    await street.work()
    assert ((await street.states(lead))["mail"], len(receiver.mails)) == ("UNKNOWN UNANSWERED", 1)


@pytest.mark.parametrize(("merged", "becomes"), [(False, "SENT"), (True, "STOPPED NO_CONSENT")])
async def test_after_a_merge_the_more_restrictive_consent_counts(
    street: Street, receiver: Receiver, merged: bool, becomes: str
) -> None:
    """An old no, and a newer yes that counts; once they are two people who became one, the no does."""
    lead = await lead_for(street.database, "Anna Bakker")
    await street.plan()
    anna, other, act = uid("Anna Bakker"), uid("Anna B."), uid("merge")
    told = {"system": "lms", "external_id": "no", "version": 1, "purpose": "marketing", "legal_basis": "CONSENT"}
    async with street.database.transaction() as connection:
        await add(connection, CustomerIdentifier, system="lms", external_id="lms-anna", customer_id=anna, since=NOW)
        long_ago = dict.fromkeys(("stated_at", "observed_at"), NOW - timedelta(days=9))
        owner = {"owner_system": "lms", "owner_id": "lms-anna"}
        await add(connection, ConsentStatement, id=uid("no"), **told, **owner, status="DENIED", **long_ago)
        if merged:
            await add(connection, StewardAct, id=act, kind="MERGE", customer_id=anna, principal="stew", at=NOW)
            for system, former in (("crm", anna), ("lms", other)):
                record = {"act_id": act, "system": system, "external_id": f"{system}-anna"}
                await add(connection, StewardActRecord, **record, former_id=former, later_id=anna)
            a, b = ({f"system_{x}": s, f"external_id_{x}": f"{s}-anna"} for x, s in (("a", "crm"), ("b", "lms")))
            await add(connection, StewardDecision, **a, **b, verdict="SAME", principal="stew", decided_at=NOW)
    await street.work()
    assert (await street.states(lead))["mail"] == becomes
