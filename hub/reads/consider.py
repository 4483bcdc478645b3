"""One customer considered for offers: his view, his past and what was learned, ready to be arbitrated."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.contacts.incidents import active_incidents
from hub.customers.consent_read import consents_of
from hub.offers.arbitrate import Known, Occasion
from hub.offers.campaigns import running_campaigns
from hub.offers.catalogue import Catalogue
from hub.offers.considered import Considered
from hub.offers.learned import learned_propensities, segment_of
from hub.offers.past import past_contacts
from hub.offers.question import Question
from hub.reads.offer_view import offer_view
from hub.reads.reach import EVERYONE, Reach


async def consider(
    connection: AsyncConnection, catalogue: Catalogue, customer: UUID, question: Question, reach: Reach, now: datetime
) -> Considered:
    """NotFound for a customer whom the caller may not see. Reads only."""
    view = await offer_view(connection, customer, reach, now)
    document = view.during(question.seen())
    segments = document["segments"]
    segment = segment_of(catalogue, segments if isinstance(segments, list) else [])
    known = Known(
        view=document,
        consents=(await consents_of(connection, [view.customer]))[view.customer],
        past=await past_contacts(connection, catalogue.policy, view.ids, now),
        propensities=await learned_propensities(connection, catalogue, segment, now.date()),
    )
    incidents = [one for one in await active_incidents(connection) if one.suspends_offers]
    occasion = Occasion(
        customer=view.customer,
        channel=question.channel,
        now=now,
        limit=question.limit,
        suspended=frozenset(topic for one in incidents for topic in one.topics),
        campaigns=await running_campaigns(connection),
        all_suspended=any(not one.topics for one in incidents),
    )
    return Considered(view.customer, segment, question.language or view.language, known, occasion)


async def consider_anybody(
    connection: AsyncConnection, catalogue: Catalogue, customer: UUID, question: Question, now: datetime
) -> Considered:
    """For customers whom the caller was found to see already."""
    return await consider(connection, catalogue, customer, question, EVERYONE, now)
