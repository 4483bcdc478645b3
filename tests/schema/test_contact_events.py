"""Contact events: once each, at their own time, in any order; what they change at once, and what is refused."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest
from sqlalchemy import text

from hub.access.principal import Role
from hub.contacts.tables import Incident
from hub.exchange.tables import InformationFlow, Lane
from hub.offers.count_outcomes import count_outcomes
from hub.records.identity import CustomerId
from hub.store.engine import Database
from tests.schema.company import NOW, add, gid, uid
from tests.schema.following import acknowledged
from tests.schema.offering import ANNA, BEN, EXPLAIN, LIST, OFFERING, REQUEST, allow_marketing, kept
from tests.schema.serving import Api, listening_api, serving

pytestmark = pytest.mark.slow

RECORD = """
mutation($events: [ContactEventInput!]!) {
  recordContactEvents(input: {events: $events}) {
    recorded repeated
    decisions { id cause channel actions { proposition outcome } }
    problems { code message path }
  }
}
"""
FOLLOW = """
subscription($id: ID!, $channel: String!) {
  nextBestActionUpdates(customerId: $id, channel: $channel) {
    event decision { cause actions { proposition } }
  }
}
"""
INCIDENT: Final = {"message": "Storing", "suspends_offers": True, "declared_by": "anna", "started_at": NOW}
SESSION: Final = gid("CustomerSession", uid("Anna Bakker session"))


@pytest.fixture
async def api(company: Database, database_url: str, tmp_path: Path) -> AsyncIterator[Api]:
    await allow_marketing(company)
    async with serving(database_url, tmp_path, offering=OFFERING) as api:
        yield api


async def offered(api: Api, customer: str = ANNA, **given: object) -> Mapping[str, str]:
    """A kept list: proposition to the entry's id, best first."""
    answer = await api.ask(REQUEST, {"input": {"customerId": customer, "channel": "web"} | given})
    return {
        action["proposition"]: action["id"] for action in answer.data["requestNextBestActions"]["decision"]["actions"]
    }


def event(name: str, kind: str, at: datetime = NOW, customer: str = ANNA, **given: object) -> dict[str, object]:
    return {"eventId": name, "customerId": customer, "kind": kind, "occurredAt": at.isoformat(), **given}


async def record(api: Api, *events: Mapping[str, object], **asked: Any) -> dict[str, Any]:
    answer = await api.ask(RECORD, {"events": list(events)}, **asked)
    payload: dict[str, Any] = answer.data["recordContactEvents"]
    return payload


async def outcomes(database: Database) -> dict[str, tuple[str, datetime]]:
    async with database.reading() as connection:
        rows = await connection.execute(
            text("SELECT proposition, outcome, outcome_at FROM next_best_action WHERE outcome_at IS NOT NULL")
        )
        return {row.proposition: (row.outcome, row.outcome_at) for row in rows}


async def test_a_refusal_takes_the_offer_off_the_list_at_once(api: Api, company: Database) -> None:
    entries = await offered(api)
    answer = await record(
        api,
        event("1", "SHOWN", nextBestActionId=entries["fibre-1000"]),
        event("2", "REJECTED", nextBestActionId=entries["fibre-1000"]),
    )
    (decision,) = answer["decisions"]
    assert (answer["recorded"], answer["repeated"], answer["problems"]) == (2, 0, [])
    assert (decision["cause"], decision["channel"]) == ("EVENTS", "web")
    assert [action["proposition"] for action in decision["actions"]] == ["tv-complete", "modem-swap"]
    assert await outcomes(company) == {"fibre-1000": ("REJECTED", NOW)}
    explained = await api.ask(EXPLAIN, {"id": ANNA, "channel": "web"})
    assert explained.data["explainNextBestActions"][2] == {
        "proposition": "fibre-1000",
        "rank": None,
        "dropped": "SUPPRESSED",
        "detail": "REJECTED within 90 days",
    }


async def test_a_repeat_changes_nothing_and_an_id_used_twice_is_refused(api: Api, company: Database) -> None:
    entries = await offered(api)
    once = event("1", "SHOWN", nextBestActionId=entries["tv-complete"])
    first = await record(api, once, once)
    again = await record(api, once)
    assert (first["recorded"], again["recorded"], again["repeated"], again["decisions"]) == (1, 0, 1, [])
    reused = await record(
        api, event("2", "SHOWN", nextBestActionId=entries["tv-complete"]), {**once, "kind": "CLICKED"}
    )
    assert [problem["code"] for problem in reused["problems"]] == ["CONFLICT"]
    assert await kept(company) == (1, 3, 1)


async def test_a_late_event_counts_at_its_own_time(api: Api) -> None:
    long_ago = event("1", "REJECTED", NOW - timedelta(days=91), proposition="fibre-1000", channel="call-centre")
    late = event("2", "REJECTED", NOW - timedelta(days=89), proposition="tv-complete", channel="call-centre")
    answer = await record(api, late, long_ago)
    assert (answer["recorded"], answer["decisions"]) == (2, [])
    listed = await api.ask(LIST, {"id": ANNA, "channel": "web"})
    assert [one["proposition"] for one in listed.data["nextBestActions"]] == ["fibre-1000", "modem-swap"]


async def test_outcomes_and_counts_do_not_depend_on_the_order_of_arrival(api: Api, company: Database) -> None:
    entries = await offered(api)
    events = [
        event(
            f"{proposition} {kind} {minutes}",
            kind,
            NOW - timedelta(days=days, minutes=minutes),
            nextBestActionId=entries[proposition],
        )
        for proposition, kind, days, minutes in (
            ("fibre-1000", "SHOWN", 0, 9),
            ("fibre-1000", "LATER", 0, 8),
            ("fibre-1000", "CLICKED", 0, 1),
            ("fibre-1000", "REJECTED", 0, 5),
            ("tv-complete", "SHOWN", 1, 0),
            ("tv-complete", "ACCEPTED", 0, 0),
            ("modem-swap", "CLICKED", 0, 3),
            ("modem-swap", "SHOWN", 0, 2),
        )
    ]
    for seed in range(4):
        shuffled = list(events)
        Random(seed).shuffle(shuffled)
        parts: Sequence[list[dict[str, object]]] = [shuffled[:3], shuffled[3:5], shuffled[5:]]
        for part in parts:
            assert (await record(api, *part))["recorded"] == len(part)
        while await _count(company, 3):
            pass
        assert await outcomes(company) == {
            "fibre-1000": ("REJECTED", NOW - timedelta(minutes=5)),
            "tv-complete": ("ACCEPTED", NOW),
            "modem-swap": ("CLICKED", NOW - timedelta(minutes=3)),
        }
        async with company.transaction() as connection:
            counts = await connection.execute(
                text("SELECT proposition, segment, day, shown, accepted FROM propensity_count ORDER BY 1, 3")
            )
            assert [tuple(row) for row in counts] == [
                ("fibre-1000", "", NOW.date(), 1, 0),
                ("modem-swap", "", NOW.date(), 1, 0),
                ("tv-complete", "", NOW.date() - timedelta(days=1), 1, 0),
                ("tv-complete", "", NOW.date(), 0, 1),
            ]
            await connection.execute(text("DELETE FROM contact_event"))
            await connection.execute(text("DELETE FROM propensity_count"))


async def _count(database: Database, limit: int) -> int:
    async with database.transaction() as connection:
        return await count_outcomes(connection, NOW, limit)


async def test_interest_puts_the_customer_into_the_segment_it_defines(api: Api, company: Database) -> None:
    def interest(name: str) -> dict[str, object]:
        return event(name, "INTEREST", subject="fibre", channel="web")

    assert (await record(api, interest("1")))["recorded"] == 1
    assert await _segments(company) == []
    assert (await record(api, interest("2")))["recorded"] == 1
    assert await _segments(company) == [(uid("Anna Bakker"), "fibre-curious")]


async def _segments(database: Database) -> list[tuple[object, ...]]:
    async with database.reading() as connection:
        rows = await connection.execute(text("SELECT customer_id, segment FROM customer_segment WHERE system = 'hub'"))
        return [tuple(row) for row in rows]


async def test_campaign_management_is_told_each_event_once(api: Api, company: Database) -> None:
    async with company.transaction() as connection:
        flow = {"business_flow": 5, "title": "Events", "entity": "contact_event", "source": "hub", "target": "crm"}
        await add(connection, InformationFlow, name="contact-events", **flow)
        await add(connection, Lane, id=21, flow="contact-events", cadence="REAL_TIME", mode="AUTHORITATIVE")
        await add(connection, Lane, id=22, flow="contact-events", cadence="DAILY", mode="SHADOW")
    entries = await offered(api)
    events = [event(str(number), "SHOWN", nextBestActionId=entries["fibre-1000"]) for number in range(3)]
    await record(api, *events)
    await record(api, *events)
    async with company.reading() as connection:
        rows = await connection.execute(text("SELECT key, state, line, changes FROM outbound_command ORDER BY key"))
        commands = rows.all()
        assert [tuple(row[:3]) for row in commands] == [
            (f"crm/contact-event/{number}", "PENDING", f"crm/{uid('Anna Bakker')}") for number in range(3)
        ]
        assert {change["path"][0]: change["new"] for change in commands[0].changes} == {
            "key": "0",
            "customer": "crm-anna",
            "kind": "SHOWN",
            "channel": "web",
            "proposition": "fibre-1000",
            "treatment": "keen",
            "occurred_at": "2026-03-02T12:00:00Z",
        }
        assert await connection.scalar(text("SELECT count(*) FROM shadow_command WHERE lane_id = 22")) == 3
        assert await connection.scalar(text("SELECT count(*) FROM dispatch WHERE kind = 'outbound.send'")) == 3


@pytest.mark.parametrize("made_there", [False, True])
async def test_of_somebody_it_does_not_know_it_is_told_once_he_is_made_there_or_nothing(
    api: Api, company: Database, made_there: bool
) -> None:
    named = {"business_flow": 5, "title": "To the LMS", "source": "hub", "target": "lms"}
    async with company.transaction() as connection:
        await connection.execute(text("DELETE FROM customer_identifier WHERE system = 'lms'"))
        for number, entity in enumerate(("contact_event", "customer")[: 1 + made_there]):
            await add(connection, InformationFlow, name=f"to-lms-{entity}", entity=entity, **named)
            flow = {"flow": f"to-lms-{entity}", "cadence": "REAL_TIME", "mode": "AUTHORITATIVE"}
            await add(connection, Lane, id=21 + number, **flow)
    entries = await offered(api)
    answer = await record(api, event("1", "SHOWN", nextBestActionId=entries["fibre-1000"]))
    assert (answer["recorded"], answer["problems"]) == (1, [])
    made, told = f"lms/customer/{uid('Anna Bakker')}", "lms/contact-event/1"
    async with company.reading() as connection:
        keys = (await connection.scalars(text("SELECT key FROM outbound_command ORDER BY id"))).all()
        assert sorted(keys) == sorted([made, told] if made_there else [])


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"occurredAt": (NOW + timedelta(seconds=61)).isoformat()}, ("IN_THE_FUTURE", ["events", "1", "occurredAt"])),
        ({"occurredAt": (NOW - timedelta(days=731)).isoformat()}, ("INVALID", ["events", "1", "occurredAt"])),
        ({"eventId": ""}, ("INVALID", ["events", "1", "eventId"])),
        ({"channel": None}, ("INVALID", ["events", "1", "channel"])),
        ({"proposition": None}, ("INVALID", ["events", "1", "proposition"])),
        ({"proposition": "nothing"}, ("INVALID", ["events", "proposition"])),
        ({"nextBestActionId": gid("NextBestAction", uid("none"))}, ("NOT_FOUND", [])),
        ({"customerId": gid("Customer", uid("nobody"))}, ("NOT_FOUND", [])),
    ],
)
async def test_one_event_at_fault_refuses_the_batch(
    api: Api, company: Database, given: dict[str, object], problem: tuple[str, list[str]]
) -> None:
    fine = event("1", "SHOWN", proposition="tv-complete", channel="web")
    answer = await record(api, fine, {**fine, "eventId": "2", **given})
    assert [(one["code"], one["path"]) for one in answer["problems"]] == [problem]
    assert (answer["recorded"], await kept(company)) == (0, (0, 0, 0))


async def test_ten_thousand_events_are_too_many(api: Api, company: Database) -> None:
    one = {"eventId": "1", "customerId": ANNA, "kind": "SHOWN", "occurredAt": "2026-03-02T12:00:00Z"}
    answer = await record(api, *([one] * 501))
    assert [(problem["code"], problem["path"]) for problem in answer["problems"]] == [("TOO_MANY", ["events"])]
    whole = await api.ask(RECORD, {"events": [one] * 10_000})
    assert (whole.status, whole.codes, whole.data) == (413, ["TOO_LARGE"], None)
    nothing = await record(api)
    assert [problem["code"] for problem in nothing["problems"]] == ["TOO_MANY"]
    assert await kept(company) == (0, 0, 0)


async def test_an_answer_to_another_customers_list_is_refused(api: Api, company: Database) -> None:
    entries = await offered(api)
    answer = await record(api, event("1", "ACCEPTED", customer=BEN, nextBestActionId=entries["fibre-1000"]))
    assert [problem["code"] for problem in answer["problems"]] == ["OTHER_CUSTOMER"]
    ben = CustomerId(uid("Ben de Vries"))
    as_ben = await record(
        api,
        event("1", "ACCEPTED", nextBestActionId=entries["fibre-1000"]),
        role=Role.CUSTOMER,
        customer=ben,
    )
    assert [problem["code"] for problem in as_ben["problems"]] == ["NOT_FOUND"]
    denied = await api.ask(RECORD, {"events": [event("1", "SHOWN")]}, role=Role.ARCHITECT)
    assert denied.codes == ["FORBIDDEN"]
    assert await kept(company) == (1, 3, 0)


async def test_an_incident_suspends_the_offers_it_is_about(api: Api, company: Database) -> None:
    async with company.transaction() as connection:
        await add(connection, Incident, id=uid("storm"), topics=["internet"], **INCIDENT)
    listed = await api.ask(LIST, {"id": ANNA, "channel": "web"})
    assert [one["proposition"] for one in listed.data["nextBestActions"]] == ["tv-complete", "modem-swap"]
    async with company.transaction() as connection:
        await add(connection, Incident, id=uid("flood"), topics=[], **INCIDENT)
    assert (await api.ask(LIST, {"id": ANNA, "channel": "web"})).data["nextBestActions"] == []


async def test_a_session_shows_the_list_that_stands_for_it(api: Api) -> None:
    document = (
        "query($id: ID!) { node(id: $id) { ... on CustomerSession { channel nextBestActions { id proposition } } } }"
    )
    before = (await api.ask(document, {"id": SESSION})).data["node"]
    assert [one["id"] for one in before["nextBestActions"]] == [None] * len(before["nextBestActions"])
    entries = await offered(api, channel=before["channel"], session={"id": SESSION})
    after = (await api.ask(document, {"id": SESSION})).data["node"]
    assert {one["proposition"]: one["id"] for one in after["nextBestActions"]} == entries


async def test_who_follows_the_list_hears_of_each_decision(
    company: Database, database_url: str, tmp_path: Path
) -> None:
    await allow_marketing(company)
    async with (
        listening_api(database_url, tmp_path, offering=OFFERING) as (api, address),
        acknowledged(address, api.token(Role.AGENT)) as client,
    ):
        await client.subscribe(FOLLOW, {"id": ANNA, "channel": "web"})
        first = (await client.hear())["payload"]["data"]["nextBestActionUpdates"]
        assert first == {"event": "CURRENT", "decision": None}
        entries = await offered(api, limit=1)
        told = (await client.hear())["payload"]["data"]["nextBestActionUpdates"]
        assert told["decision"] == {"cause": "REQUEST", "actions": [{"proposition": "fibre-1000"}]}
        await record(api, event("1", "ACCEPTED", nextBestActionId=entries["fibre-1000"]))
        told = (await client.hear())["payload"]["data"]["nextBestActionUpdates"]
        assert told["decision"] == {"cause": "EVENTS", "actions": [{"proposition": "tv-complete"}]}


async def test_who_comes_back_to_the_list_with_a_cursor_misses_nothing_and_hears_nothing_twice(
    company: Database, database_url: str, tmp_path: Path
) -> None:
    await allow_marketing(company)
    resumed = FOLLOW.replace("$channel: String!", "$channel: String!, $after: String").replace(
        "channel: $channel)", "channel: $channel, after: $after)"
    )
    document = resumed.replace("event decision", "cursor event decision")
    async with listening_api(database_url, tmp_path, offering=OFFERING) as (api, address):
        async with acknowledged(address, api.token(Role.AGENT)) as client:
            await client.subscribe(document, {"id": ANNA, "channel": "web"})
            await client.hear()
            entries = await offered(api, limit=1)
            seen = (await client.hear())["payload"]["data"]["nextBestActionUpdates"]
        # While he is away the list changes; what he saw is not told again, and what he missed comes without CURRENT.
        await record(api, event("1", "ACCEPTED", nextBestActionId=entries["fibre-1000"]))
        async with acknowledged(address, api.token(Role.AGENT)) as client:
            await client.subscribe(document, {"id": ANNA, "channel": "web", "after": seen["cursor"]})
            missed = (await client.hear())["payload"]["data"]["nextBestActionUpdates"]
            assert (missed["event"], missed["decision"]["cause"]) == ("DecisionCreateEvent", "EVENTS")
            assert missed["decision"]["actions"] == [{"proposition": "tv-complete"}]
            assert missed["cursor"] != seen["cursor"]
            await offered(api, limit=1)
            told = (await client.hear())["payload"]["data"]["nextBestActionUpdates"]
            assert (told["event"], told["decision"]["cause"]) == ("DecisionCreateEvent", "REQUEST")
        async with acknowledged(address, api.token(Role.AGENT)) as client:
            await client.subscribe(document, {"id": ANNA, "channel": "web", "after": told["cursor"]})
            await offered(api, limit=2)
            new = (await client.hear())["payload"]["data"]["nextBestActionUpdates"]
            assert len(new["decision"]["actions"]) == 2
