"""The figures of a week, worked out by hand beside each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import cast

import pytest

from hub.errors import Invalid
from hub.settings.contact import DEFAULT_CONTACT
from hub.steering.contact_metrics import contact_metrics
from hub.steering.figures import Figures, Money, OfferFigures, RequestFigures, Share, Spread, StepTime
from hub.steering.scope import MetricsBy, Period, Scope
from hub.store.engine import Database
from tests.steering.week import NOW, add_delivery, add_week, asked, at


def about(value: float) -> float:
    """Equal but for the last digits of an interpolation."""
    return cast(float, pytest.approx(value))


WEEK = Period(date(2026, 3, 2), date(2026, 3, 9))


@pytest.fixture
async def week(database: Database) -> Database:
    """The company of week.py."""
    async with database.transaction() as connection:
        await add_week(connection)
    return database


async def figures(database: Database, scope: Scope) -> Sequence[Figures]:
    async with database.reading() as connection:
        return await contact_metrics(connection, scope, NOW)


async def grouped(database: Database, by: MetricsBy, channel: str | None = None) -> Mapping[str | None, Figures]:
    return {one.group: one for one in await figures(database, asked(WEEK, channel, by))}


async def test_what_goes_out_costs_by_its_own_way_beside_the_contacts(week: Database) -> None:
    async with week.transaction() as connection:
        # Two letters of 1.10 that yield 3 each; a call without a price, a letter of the week after, one that waits.
        for place, (way, sent) in enumerate(
            [
                ("letters", "4 10:00"),
                ("letters", "6 10:00"),
                ("calls", "4 10:00"),
                ("letters", "9 10:00"),
                ("letters", None),
            ]
        ):
            await add_delivery(connection, f"d{place}", way, None if sent is None else at(sent))
    (whole,) = await figures(week, asked(WEEK))
    assert whole.contacts.money == Money(6 + 2, Decimal("26.50") + Decimal("2.20"), Decimal(44 + 6))
    assert whole.contacts.contacts == 7
    by_channel = await grouped(week, MetricsBy.CHANNEL)
    assert by_channel["post"].contacts.money == Money(2, Decimal("2.20"), Decimal(6))
    (letters,) = await figures(week, asked(WEEK, "post"))
    assert letters.contacts.money == Money(2, Decimal("2.20"), Decimal(6))
    assert (await grouped(week, MetricsBy.DAY))["2026-03-06"].contacts.money == Money(1, Decimal("1.10"), Decimal(3))


async def test_the_weeks_contacts(week: Database) -> None:
    (found,) = await figures(week, asked(WEEK))
    contacts = found.contacts
    # c6 began on Monday the 9th in Amsterdam; c7 on Monday the 2nd, though in UTC it was still Sunday.
    assert contacts.contacts == 7
    # Inbound: c1 10 s and c4 20 s of 20 s, c5 and c7 0 s of 5 s in time; c2 30 s too late, c3 never. c8 is outbound.
    assert contacts.service_level == Share(4, 6)
    # 0 0 10 20 30: the middle is 10; nine tenths lie at place 3.6 of 0..4, 20 + 0.6 * (30 - 20).
    assert contacts.response_time == Spread(5, 10.0, about(26.0))
    # c1 310 - 10, c2 (150 - 30) + (450 - 210), c4 80 - 20, c5 600, c8 30; c7 ran into its time-out, c3 nobody served:
    # 30 60 300 360 600, and 360 + 0.6 * 240.
    assert contacts.handling_time == Spread(5, 300.0, about(504.0))
    # c2, of the six that were answered.
    assert contacts.transferred == Share(1, 6)
    # c1 c2 c3 c4 c5 c7 with their topics, c2 also about moving: 7; c4 comes 3 days after c1.
    assert contacts.repeated == Share(1, 7)
    # The other 6 are first ones. Anna came back after c1, Dina after c5, though in the week after.
    assert contacts.first_contact_resolution == Share(4, 6)
    # CSAT 5 3 4; NPS 10 6 9 8: two promoters, one detractor, of four.
    assert (contacts.feedback.csat, contacts.feedback.satisfied) == (4.0, Share(2, 3))
    assert (contacts.feedback.nps, contacts.feedback.nps_answers) == (25.0, 4)
    # Four calls of 6.50 and two visits of 0.25; four calls yield 11 each; a mail has no price.
    assert contacts.money == Money(6, Decimal("26.50"), Decimal("44"))


async def test_the_weeks_requests_offers_and_promises(week: Database) -> None:
    (found,) = await figures(week, asked(WEEK))
    # r1 answered after 30 minutes in time, r2 after 2 hours too late, r3 never; r4 is the CRM's own.
    # 1800 and 7200: the middle is 4500, nine tenths 1800 + 0.9 * 5400. r1 took two days.
    assert found.requests == RequestFigures(
        3, 1, Share(1, 3), Spread(2, 4500.0, about(6660.0)), Spread(1, 172_800.0, 172_800.0)
    )
    # plan: 2 and 6 hours after opening: 7200 + 0.9 * 14400. confirm: 46 hours after plan; that of r2 waits.
    assert found.steps == [
        StepTime("moving", "confirm", Spread(1, 165_600.0, 165_600.0), 1),
        StepTime("moving", "plan", Spread(2, 14_400.0, about(20_160.0)), 0),
    ]
    # o1 to o4 shown, o3 clicked, o1 and o4 accepted, o2 rejected; LATER without a list is an offer of its own.
    assert found.offers == OfferFigures(4, 1, 2, 1, 1, 0, Share(2, 4))
    # k1 in time; k2 an hour late; k3 withdrawn; k4 broken; k5 was due in the week after.
    assert found.commitments == Share(1, 3)


async def test_by_channel_a_contact_counts_where_it_began(week: Database) -> None:
    found = await grouped(week, MetricsBy.CHANNEL)
    assert list(found) == ["call-centre", "email", "web"]
    assert {name: one.contacts.contacts for name, one in found.items()} == {"call-centre": 4, "email": 1, "web": 2}
    assert {name: one.contacts.service_level for name, one in found.items()} == {
        "call-centre": Share(2, 4),
        "email": Share(0, 0),
        "web": Share(2, 2),
    }
    assert {name: one.offers.conversion for name, one in found.items()} == {
        "call-centre": Share(1, 2),
        "email": Share(0, 0),
        "web": Share(1, 2),
    }
    assert {name: one.commitments for name, one in found.items()} == {
        "call-centre": Share(1, 2),
        "email": Share(0, 1),
        "web": Share(0, 0),
    }
    assert found["email"].contacts.service_level.share is None


async def test_by_topic_and_by_day(week: Database) -> None:
    topics = await grouped(week, MetricsBy.TOPIC)
    # c8 has only a dialog that was cancelled, yet that is what it was about.
    assert {topic: one.contacts.contacts for topic, one in topics.items()} == {"moving": 3, "order": 4, None: 0}
    assert topics["moving"].contacts.first_contact_resolution == Share(3, 4)
    assert topics["order"].contacts.repeated == Share(1, 3)
    assert (topics[None].requests.opened, topics["order"].commitments) == (1, Share(1, 2))
    days = await grouped(week, MetricsBy.DAY)
    assert {day: one.contacts.contacts for day, one in days.items()} == {
        "2026-03-02": 3,
        "2026-03-03": 1,
        "2026-03-04": 1,
        "2026-03-05": 1,
        "2026-03-06": 1,
    }
    assert list(await grouped(week, MetricsBy.WEEK)) == ["2026-03-02"]
    assert list(await grouped(week, MetricsBy.MONTH)) == ["2026-03-01"]


async def test_a_period_without_contacts_has_figures_without_values(week: Database) -> None:
    empty = Period(date(2025, 3, 2), date(2025, 3, 9))
    assert await figures(week, asked(empty)) == [Figures(None)]
    assert await figures(week, asked(empty, by=MetricsBy.CHANNEL)) == []


@pytest.mark.parametrize("end", [date(2026, 3, 2), date(2026, 3, 1), date(2028, 3, 4)])
async def test_a_period_that_is_none_or_too_long_is_refused(database: Database, end: date) -> None:
    with pytest.raises(Invalid) as caught:
        await figures(database, asked(Period(date(2026, 3, 2), end)))
    assert caught.value.path == ("period", "to")


def test_an_unknown_channel_is_refused_with_those_there_are() -> None:
    with pytest.raises(Invalid, match="did you mean 'call-centre'"):
        asked(WEEK, "call-center").check(DEFAULT_CONTACT)
