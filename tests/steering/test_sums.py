"""Whatever happened: the groups together are the whole, and so are the channels one by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hub.steering.contact_metrics import contact_metrics
from hub.steering.figures import Figures, Share
from hub.steering.scope import MetricsBy, Period
from hub.store.engine import Database
from tests.steering.week import NOW, Contact, Event, Request, add_contact, add_event, add_request, asked, at

pytestmark = pytest.mark.slow

CHANNELS = ("call-centre", "web", "email")
minutes = st.integers(0, 20 * 24 * 60).map(lambda count: at("1 00:00") + timedelta(minutes=count))
channels, topics = st.sampled_from(CHANNELS), st.sampled_from([None, "order", "moving"])
contacts = st.builds(
    Contact,
    name=st.just(""),
    channel=channels,
    customer=st.sampled_from(["Anna", "Ben"]),
    topic=topics,
    start=minutes,
    answered=st.sampled_from([None, 0, 10, 40]),
    legs=st.sampled_from([[(0, 50)], [(0, 60), (90, 200)]]),
    result=st.sampled_from([None, "COMPLETED", "ABANDONED", "TIMED_OUT"]),
    csat=st.sampled_from([None, 1, 5]),
    nps=st.sampled_from([None, 0, 8, 10]),
    direction=st.sampled_from(["INBOUND", "OUTBOUND"]),
    dialogs=st.lists(st.tuples(st.sampled_from(["order", "moving"]), st.sampled_from(["COMPLETED", "CANCELLED"]))),
)
requests = st.builds(
    lambda opened, channel, topic, wait, done: Request(
        "",
        channel,
        topic,
        opened,
        opened + timedelta(hours=1),
        opened + timedelta(minutes=wait),
        tasks=[("plan", done, opened + timedelta(hours=3))],
    ),
    minutes,
    channels,
    topics,
    st.sampled_from([30, 90]),
    st.sampled_from(["COMPLETED", "NEW"]),
)
events = st.builds(
    Event,
    offer=st.sampled_from([None, "o1", "o2", "o3"]),
    kind=st.sampled_from(["SHOWN", "CLICKED", "ACCEPTED", "REJECTED", "LATER", "DISMISSED"]),
    channel=channels,
    at=minutes,
)


def numbers(figures: Sequence[Figures]) -> Counter[str]:
    """Everything that can be added up."""
    total: Counter[str] = Counter()
    for one in figures:
        of_contacts, of_requests = one.contacts, one.requests
        shares: dict[str, Share] = {
            "service": of_contacts.service_level,
            "transferred": of_contacts.transferred,
            "resolved": of_contacts.first_contact_resolution,
            "repeated": of_contacts.repeated,
            "satisfied": of_contacts.feedback.satisfied,
            "requests": of_requests.service_level,
            "conversion": one.offers.conversion,
        }
        counted: dict[str, Any] = {
            "contacts": of_contacts.contacts,
            "responses": of_contacts.response_time.count,
            "handled": of_contacts.handling_time.count,
            "nps": of_contacts.feedback.nps_answers,
            "priced": of_contacts.money.contacts,
            "cents": int(of_contacts.money.cost * 100),
            "opened": of_requests.opened,
            "accepted": one.offers.accepted,
            "later": one.offers.later,
            "steps": sum(step.lead_time.count + step.open for step in one.steps),
        }
        total.update({name: value for name, value in counted.items() if value})
        for name, share in shares.items():
            assert 0 <= share.met <= share.of
            total.update({f"{name} met": share.met, f"{name} of": share.of})
    return Counter({name: value for name, value in total.items() if value})


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    happened=st.lists(contacts, max_size=8),
    opened=st.lists(requests, max_size=4),
    reported=st.lists(events, max_size=10),
)
async def test_the_sum_over_the_groups_is_the_whole(
    database: Database, happened: list[Contact], opened: list[Request], reported: list[Event]
) -> None:
    period = Period(date(2026, 3, 3), date(2026, 3, 17))
    async with database.engine.connect() as connection:
        for place, contact in enumerate(happened):
            await add_contact(connection, replace(contact, name=f"c{place}"))
        for place, request in enumerate(opened):
            await add_request(connection, replace(request, name=f"r{place}"))
        for place, event in enumerate(reported):
            await add_event(connection, place, event)
        whole = numbers(await contact_metrics(connection, asked(period), NOW))
        for by in MetricsBy:
            assert numbers(await contact_metrics(connection, asked(period, by=by), NOW)) == whole, by
        each = [await contact_metrics(connection, asked(period, channel), NOW) for channel in CHANNELS]
        assert sum((numbers(one) for one in each), Counter[str]()) == whole
        half, rest = Period(period.first, date(2026, 3, 10)), Period(date(2026, 3, 10), period.end)
        parts = [await contact_metrics(connection, asked(part), NOW) for part in (half, rest)]
        assert sum(one[0].contacts.contacts for one in parts) == whole["contacts"]
        await connection.rollback()
