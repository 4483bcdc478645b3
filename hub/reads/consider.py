"""One customer considered for offers: his view, his past and what was learned, ready to be arbitrated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.offers.arbitrate import Candidate, Known, Occasion, arbitrate
from hub.offers.catalogue import Catalogue
from hub.offers.learned import learned_propensities, segment_of
from hub.offers.past import past_contacts
from hub.offers.question import Question
from hub.reads.offer_view import offer_view
from hub.reads.reach import Reach


@dataclass(frozen=True, slots=True)
class Considered:
    """`segment` is the one that the customer's answers are learned for; `language` what content is looked for in."""

    customer: UUID
    segment: str
    language: str | None
    known: Known
    occasion: Occasion

    def candidates(self, catalogue: Catalogue) -> Sequence[Candidate]:
        """See `arbitrate`."""
        return arbitrate(catalogue, self.known, self.occasion)


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
        consents=view.consents,
        past=await past_contacts(connection, catalogue.policy, view.ids, now),
        propensities=await learned_propensities(connection, catalogue, segment, now.date()),
    )
    occasion = Occasion(
        customer=view.customer,
        channel=question.channel,
        now=now,
        limit=question.limit,
        suspended=question.suspended,
    )
    return Considered(view.customer, segment, question.language or view.language, known, occasion)
